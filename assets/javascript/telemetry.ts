// The life cycle of posthog-js: it is loaded after the page is usable, updated with every page, and stopped when the
// person opts out or the browser restores an old page from its back-forward cache.

import { rememberRoute } from "./addresses";
import { capturePageview, loadBy, stopDelivering, takeWaiting } from "./analytics";
import { compressingAtOnce } from "./compression";
import { forget, refuses } from "./consent";
import { sendBehind } from "./leaving";
import { currentPage, onPage } from "./page";

// The maximum wait for an idle moment of a busy page before posthog-js is loaded anyway.
const QUIET_WITHIN_MS = 2_000;

let posthog: typeof import("./posthog") | null = null;
let isLoading = false;
let isMute = false;

/** Watch every page that is shown. */
export function startTelemetry(): void {
  loadBy(() => void load());
  onPage(follow);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", mute);
}

function leave(): void {
  const page = currentPage();
  // A person who blocks posthog-js does not want to be recorded in another way, either (`isMute`).
  if (page && !refuses(page) && !isMute) sendBehind(page, takeWaiting());
}

/** Stop recording a page that is restored from the back-forward cache: its person and team may be outdated. */
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
    // The chunk was blocked or the network failed: the page works without telemetry.
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
    // Safari does not support requestIdleCallback.
    else setTimeout(then, QUIET_WITHIN_MS);
  };
  if (document.readyState === "complete") atRest();
  else addEventListener("load", atRest, { once: true });
}
