// Leaving a page before posthog-js has come to it: what waits there goes by a beacon, as posthog-js would send it.

import type { Recorded } from "./analytics";
import { cookie } from "./consent";
import type { Page } from "./page";

// posthog-js goes on with a session for so long after its last event, and for so long in all.
const IDLE_MS = 30 * 60_000;
const LENGTH_MS = 24 * 60 * 60_000;

/** Send what happened on pages of somebody who is signed in; who a visitor is, posthog-js alone can say. */
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

/** Return the session that an earlier page has begun, unless it is over; the server reads the same cookie. */
function sessionOf(page: Page): string | undefined {
  try {
    const state = JSON.parse(cookie(`ph_${page.key}_posthog`) ?? "{}") as { $sesid?: [number, string, number] };
    if (!state.$sesid) return undefined;
    const [active, session, began] = state.$sesid;
    return Date.now() - active <= IDLE_MS && Date.now() - began <= LENGTH_MS ? session : undefined;
  } catch {
    // Not posthog-js's after all.
    return undefined;
  }
}
