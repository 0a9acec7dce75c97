// The server's configuration of the current page: its view, person and team, and whether it may be recorded.

export interface Page {
  /** PostHog's public project key, and the path on our own origin that leads to PostHog. */
  key: string;
  api_host: string;
  ui_host: string;
  /** The name of the view, and its route with placeholders; never a raw path. */
  page: string;
  route: string;
  distinct_id: string | null;
  team: { key: string; slug: string } | null;
  opted_out: boolean;
  recording: boolean;
  /** Whether properties that name a customer's organization may be sent. */
  send_organisation: boolean;
  flags: Record<string, boolean | string>;
  /** The service, version, environment and release of the page, which are added to each event. */
  origin: Record<string, string>;
}

let element: Element | null = null;
let page: Page | null = null;

/** Return the configuration of the current page, or null if the page must not be recorded for anybody. */
export function currentPage(): Page | null {
  const found = document.getElementById("posthog-config");
  if (found !== element) {
    element = found;
    page = found && (JSON.parse(found.textContent) as Page);
  }
  return page;
}

/** Run a callback once for the current page and for each page that is swapped in, but not for fragments. */
export function onPage(callback: () => void): void {
  let seen: Element | null = null;
  const look = (): void => {
    // A whole page replaces this element; a fragment does not.
    const found = document.getElementById("posthog-config") ?? document.querySelector("main");
    if (found === seen) return;
    seen = found;
    callback();
  };
  look();
  // After a page was swapped in, and after the back button fetched a page again.
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("htmx:historyRestore", look);
}
