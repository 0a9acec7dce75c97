// posthog-js, in a chunk of its own that comes after the page is usable: who it is about, and what it sends.

import { posthog } from "posthog-js/dist/module.slim.no-external";

import { deliverBy, type Recorded } from "./analytics";
import type { Page } from "./page";
import { options, prepareRemoteConfig } from "./posthog_options";
import { keepRecorder, pause, watchSwaps } from "./recorder";

let isMute = false;

/** Start posthog-js with the page that is shown; `withdraw` is called when it hears a no before we do. */
export function start(page: Page, withdraw: () => void): void {
  prepareRemoteConfig(page);
  posthog.init(page.key, options(page, () => isMute, withdraw));
  // From a time when this person had refused: the page says now that they do not.
  if (posthog.has_opted_out_capturing()) posthog.clear_opt_in_out_capturing();
  watchSwaps(posthog);
  show(page);
  deliverBy(send);
}

/** Follow to the page that is shown now: its person, its team, its flags, and whether it may be recorded. */
export function show(page: Page): void {
  const isIdentified = posthog.get_property("$user_state") === "identified";
  const isSomebodyElse = isIdentified && posthog.get_distinct_id() !== page.distinct_id;
  // After a logout a new visitor begins, and two accounts in one browser stay two people.
  if (isSomebodyElse) posthog.reset();
  if (page.distinct_id && (!isIdentified || isSomebodyElse)) posthog.identify(page.distinct_id);
  if (!page.team) posthog.resetGroups();
  else if (posthog.getGroups()["team"] !== page.team.key) posthog.group("team", page.team.key);
  posthog.updateFlags(page.flags);
  keepRecorder(posthog, page.recording);
}

/** Record nothing more; what is on its way arrives. */
export function mute(): void {
  isMute = true;
}

/** Send nothing more, also of what posthog-js has already queued, and no header. */
export function stop(): void {
  mute();
  pause(posthog);
  posthog.set_config({ tracing_headers: [], autocapture: false, capture_exceptions: false, disable_persistence: true });
  posthog.opt_out_capturing();
  // Its queue and its retries ask for this alone before they send.
  posthog.__loaded = false;
}

function send({ name, properties, isLeaving, happened }: Recorded): void {
  if (isLeaving) posthog.capture(name, properties, { send_instantly: true, transport: "sendBeacon" });
  // With options but no key posthog-js would send each of them by itself.
  else if (happened) posthog.capture(name, properties, { timestamp: happened, _batchKey: "waited" });
  else posthog.capture(name, properties);
}
