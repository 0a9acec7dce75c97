// Session recording: in a chunk of its own, on pages that allow it, and never while one is swapped for another.

import type { PostHog } from "posthog-js/dist/module.slim.no-external";

let isWanted = false;

/** Watch for swaps of the whole page: the next may not be recorded, and would be seen before it could say so. */
export function watchSwaps(posthog: PostHog): void {
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ((event as CustomEvent<{ boosted?: boolean }>).detail.boosted) pause(posthog);
  });
  document.addEventListener("htmx:historyCacheMissLoad", () => pause(posthog));
}

/** Record the page that is shown, or do not. */
export function keepRecorder(posthog: PostHog, isAllowed: boolean): void {
  if (!isAllowed) return pause(posthog);
  isWanted = true;
  void import("posthog-js/dist/posthog-recorder").then(
    () => {
      if (isWanted) posthog.startSessionRecording();
    },
    // Blocked, or the network failed: the page does without.
    () => undefined,
  );
}

/** Stop at once. */
export function pause(posthog: PostHog): void {
  if (isWanted) posthog.stopSessionRecording();
  isWanted = false;
}
