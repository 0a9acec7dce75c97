// posthog-js, in a separate chunk that loads after the page is usable: identity, team, flags and delivery.

import { posthog } from "posthog-js/dist/module.slim.no-external";

import { deliverBy, type Recorded } from "./analytics";
import type { Page } from "./page";
import { options, prepareRemoteConfig } from "./posthog_options";
import { keepRecorder, pause, watchSwaps } from "./recorder";

let isMute = false;

/** Start posthog-js on the current page; `withdraw` is called if an event shows that the person has opted out. */
export function start(page: Page, withdraw: () => void): void {
  prepareRemoteConfig(page);
  posthog.init(page.key, options(page, () => isMute, withdraw));
  // posthog-js may remember an earlier opt-out, but the page says that this person has not opted out.
  if (posthog.has_opted_out_capturing()) posthog.clear_opt_in_out_capturing();
  watchSwaps(posthog);
  show(page);
  deliverBy(send);
}

/** Apply the current page's person, team and flags, and whether it may be recorded. */
export function show(page: Page): void {
  const isIdentified = posthog.get_property("$user_state") === "identified";
  const isSomebodyElse = isIdentified && posthog.get_distinct_id() !== page.distinct_id;
  // A logout starts a new visitor, and two accounts in one browser remain two people.
  if (isSomebodyElse) posthog.reset();
  if (page.distinct_id && (!isIdentified || isSomebodyElse)) posthog.identify(page.distinct_id);
  if (!page.team) posthog.resetGroups();
  else if (posthog.getGroups()["team"] !== page.team.key) posthog.group("team", page.team.key);
  posthog.updateFlags(page.flags);
  keepRecorder(posthog, page.recording);
}

/** Stop recording; events that were already recorded are still sent. */
export function mute(): void {
  isMute = true;
}

/** Stop sending events, including those that posthog-js has queued, and tracing headers. */
export function stop(): void {
  mute();
  pause(posthog);
  posthog.set_config({ tracing_headers: [], autocapture: false, capture_exceptions: false, disable_persistence: true });
  posthog.opt_out_capturing();
  // The queue and the retries of posthog-js check only this flag before they send.
  posthog.__loaded = false;
}

function send({ name, properties, isLeaving, happened }: Recorded): void {
  if (isLeaving) posthog.capture(name, properties, { send_instantly: true, transport: "sendBeacon" });
  // With options but without a batch key, posthog-js would send each event separately.
  else if (happened) posthog.capture(name, properties, { timestamp: happened, _batchKey: "waited" });
  else posthog.capture(name, properties);
}
