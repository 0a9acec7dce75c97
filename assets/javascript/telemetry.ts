// When posthog-js comes, follows and goes: after the page is usable, with every page, and at the first no, or when
// the page is an old one that the browser has brought back.

import { rememberRoute } from "./addresses";
import { capturePageview, loadBy, stopDelivering, takeWaiting } from "./analytics";
import { compressingAtOnce } from "./compression";
import { forget, refuses } from "./consent";
import { sendBehind } from "./leaving";
import { currentPage, onPage } from "./page";

// A busy page waits this long for a quiet moment, and then has its events recorded all the same.
const QUIET_WITHIN_MS = 2_000;

let posthog: typeof import("./posthog") | null = null;
let isLoading = false;
let isMute = false;

/** Follow every page that is shown. */
export function startTelemetry(): void {
  loadBy(() => void load());
  onPage(follow);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", mute);
}

function leave(): void {
  const page = currentPage();
  // Who blocks posthog-js does not want to be recorded by another way either.
  if (page && !refuses(page) && !isMute) sendBehind(page, takeWaiting());
}

/** Record nothing of a page that was left and is brought back: its person and team are of then. */
function mute({ persisted }: PageTransitionEvent): void {
  if (!persisted) return;
  isMute = true;
  stopDelivering();
  posthog?.mute();
  posthog = null;
}

function follow(): void {
  const page = currentPage();
  if (!page) return;
  if (refuses(page)) return withdraw();
  rememberRoute(page);
  posthog?.show(page);
  capturePageview();
  if (!isLoading) whenUsable(() => void load());
}

function withdraw(): void {
  stopDelivering();
  posthog?.stop();
  posthog = null;
  forget();
}

async function load(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  let loaded: typeof import("./posthog");
  try {
    loaded = await compressingAtOnce(() => import("./posthog"));
  } catch {
    // Blocked, or the network failed: the page does without.
    isMute = true;
    return;
  }
  const page = currentPage();
  if (!page || isMute || refuses(page)) return;
  loaded.start(page, withdraw);
  posthog = loaded;
}

function whenUsable(then: () => void): void {
  const atRest = (): void => {
    if ("requestIdleCallback" in window) requestIdleCallback(then, { timeout: QUIET_WITHIN_MS });
    // Safari.
    else setTimeout(then, QUIET_WITHIN_MS);
  };
  if (document.readyState === "complete") atRest();
  else addEventListener("load", atRest, { once: true });
}
