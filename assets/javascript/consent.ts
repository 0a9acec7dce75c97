// Consent: whether this person is to be recorded at all, and forgetting what an earlier yes has left behind.

import type { Page } from "./page";

// The notice's cookie; the server reads the same (TELEMETRY["OPT_OUT_COOKIE"]).
const OPT_OUT_COOKIE = /(?:^|; )analytics_opt_out=1(?:;|$)/;

/** Whether nothing may be recorded, by the server's word or the browser's. */
export function refuses(page: Page): boolean {
  const { doNotTrack, globalPrivacyControl } = navigator as Navigator & { globalPrivacyControl?: boolean };
  return page.opted_out || doNotTrack === "1" || globalPrivacyControl === true || OPT_OUT_COOKIE.test(cookies());
}

/** Remove the ids that posthog-js has stored, and its cookie, which the server would read. */
export function forget(): void {
  for (const storage of ["localStorage", "sessionStorage"] as const) {
    try {
      const ours = Object.keys(window[storage]).filter((name) => /^(ph_|__ph_)/.test(name));
      for (const name of ours) window[storage].removeItem(name);
    } catch {
      // A browser that forbids storage has stored nothing.
    }
  }
  for (const [, name] of cookies().matchAll(/(?:^|; )(ph_[^=]*)=/g)) {
    // posthog-js sets it for the whole domain where there is one to share.
    for (const domain of ["", ...domains()]) document.cookie = `${name}=; Max-Age=0; Path=/${domain}`;
  }
}

/** Return a cookie's value; null if there is none. */
export function cookie(name: string): string | null {
  const found = cookies().split("; ").find((one) => one.startsWith(`${name}=`));
  return found === undefined ? null : decodeURIComponent(found.slice(name.length + 1));
}

function cookies(): string {
  try {
    return document.cookie;
  } catch {
    return "";
  }
}

function domains(): string[] {
  const parts = location.hostname.split(".");
  return parts.map((_, at) => `; Domain=.${parts.slice(at).join(".")}`);
}
