// When posthog-js comes, follows and goes: after the page is usable, with every page, and at the first no.

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
let isBlocked = false;

/** Follow every page that is shown. */
export function startTelemetry(): void {
  loadBy(() => void load());
  onPage(follow);
  addEventListener("pagehide", leave);
}

function leave(): void {
  const page = currentPage();
  // Who blocks posthog-js does not want to be recorded by another way either.
  if (page && !refuses(page) && !isBlocked) sendBehind(page, takeWaiting());
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
    isBlocked = true;
    return;
  }
  const page = currentPage();
  if (!page || refuses(page)) return;
  loaded.start(page);
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
