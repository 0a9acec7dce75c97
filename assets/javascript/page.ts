// What the server says about the page that is shown: its view, its person and team, and what may be recorded.

export interface Page {
  /** PostHog's public key, and the way there through our own origin. */
  key: string;
  api_host: string;
  ui_host: string;
  /** The view's name, and its address with placeholders: never a raw path. */
  page: string;
  route: string;
  distinct_id: string | null;
  team: { key: string; slug: string } | null;
  opted_out: boolean;
  recording: boolean;
  /** Whether what names a customer's organisation may leave. */
  send_organisation: boolean;
  flags: Record<string, boolean | string>;
  /** The service, version, environment and release that the page comes from; each event says so. */
  origin: Record<string, string>;
}

let element: Element | null = null;
let page: Page | null = null;

/** Return the page that is shown, as its JSON says; null where nothing is to be recorded by anybody. */
export function currentPage(): Page | null {
  const found = document.getElementById("posthog-config");
  if (found !== element) {
    element = found;
    page = found && (JSON.parse(found.textContent) as Page);
  }
  return page;
}

/** Call back for the page that is shown and for each that is swapped in: once a page, never for a fragment. */
export function onPage(callback: () => void): void {
  let seen: Element | null = null;
  const look = (): void => {
    // A whole page brings an element of its own; a fragment leaves the one that is there.
    const found = document.getElementById("posthog-config") ?? document.querySelector("main");
    if (found === seen) return;
    seen = found;
    callback();
  };
  look();
  // A page that is swapped in, and one that the back button has fetched again.
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("htmx:historyRestore", look);
}
