// Session recording, in a separate chunk: only on pages that allow it, and paused while pages are swapped.

import type { PostHog } from "posthog-js/dist/module.slim.no-external";

let isWanted = false;

/** Pause before a page is swapped: the next page may forbid recording, and would be recorded before it is checked. */
export function watchSwaps(posthog: PostHog): void {
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ((event as CustomEvent<{ boosted?: boolean }>).detail.boosted) pause(posthog);
  });
  document.addEventListener("htmx:historyCacheMissLoad", () => pause(posthog));
}

/** Start or pause recording, depending on whether the current page allows it. */
export function keepRecorder(posthog: PostHog, isAllowed: boolean): void {
  if (!isAllowed) return pause(posthog);
  isWanted = true;
  void import("posthog-js/dist/posthog-recorder").then(
    () => {
      if (isWanted) posthog.startSessionRecording();
    },
    // The chunk was blocked or the network failed: the page works without recording.
    () => undefined,
  );
}

/** Stop recording immediately. */
export function pause(posthog: PostHog): void {
  if (isWanted) posthog.stopSessionRecording();
  isWanted = false;
}
