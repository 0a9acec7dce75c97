// Leaving a page before posthog-js is loaded: queued events are sent with a beacon, in the format of posthog-js.

import type { Recorded } from "./analytics";
import { cookie } from "./consent";
import type { Page } from "./page";

// posthog-js ends a session this long after its last event, and this long after its start.
const IDLE_MS = 30 * 60_000;
const LENGTH_MS = 24 * 60 * 60_000;

/** Send the queued events of a signed-in person; only posthog-js knows the id of a visitor. */
export function sendBehind(page: Page, recorded: Recorded[]): void {
  const { distinct_id } = page;
  if (!distinct_id || !recorded.length) return;
  const $session_id = sessionOf(page);
  const own = { $lib: "web", token: page.key, distinct_id, ...($session_id && { $session_id }), ...page.origin };
  const batch = recorded.map(({ name, properties, happened }) => ({
    event: name, timestamp: happened, properties: { ...own, ...properties },
  }));
  navigator.sendBeacon(`${page.api_host}/e/`, JSON.stringify({ api_key: page.key, batch, sent_at: new Date() }));
}

/** Return the id of the session that an earlier page started, unless it has ended; the server reads the same cookie. */
function sessionOf(page: Page): string | undefined {
  try {
    const state = JSON.parse(cookie(`ph_${page.key}_posthog`) ?? "{}") as { $sesid?: [number, string, number] };
    if (!state.$sesid) return undefined;
    const [active, session, began] = state.$sesid;
    return Date.now() - active <= IDLE_MS && Date.now() - began <= LENGTH_MS ? session : undefined;
  } catch {
    // The cookie was not written by posthog-js.
    return undefined;
  }
}
