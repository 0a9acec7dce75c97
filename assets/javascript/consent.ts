// Consent: whether this person may be recorded, and removal of the ids that were stored after an earlier consent.

import type { Page } from "./page";

// The cookie of the privacy notice; the server reads the same cookie (TELEMETRY["OPT_OUT_COOKIE"]).
const OPT_OUT_COOKIE = /(?:^|; )analytics_opt_out=1(?:;|$)/;

/** Whether the person must not be recorded, according to the server or the browser. */
export function refuses(page: Page): boolean {
  const { doNotTrack, globalPrivacyControl } = navigator as Navigator & { globalPrivacyControl?: boolean };
  return page.opted_out || doNotTrack === "1" || globalPrivacyControl === true || OPT_OUT_COOKIE.test(cookies());
}

/** Remove the ids that posthog-js has stored, and its cookie, which the server reads. */
export function forget(): void {
  for (const storage of ["localStorage", "sessionStorage"] as const) {
    try {
      const ours = Object.keys(window[storage]).filter((name) => /^(ph_|__ph_)/.test(name));
      for (const name of ours) window[storage].removeItem(name);
    } catch {
      // If the browser forbids storage, nothing is stored.
    }
  }
  for (const [, name] of cookies().matchAll(/(?:^|; )(ph_[^=]*)=/g)) {
    // posthog-js sets the cookie on the parent domain if subdomains can share it.
    for (const domain of ["", ...domains()]) document.cookie = `${name}=; Max-Age=0; Path=/${domain}`;
  }
}

/** Return the value of a cookie, or null if the cookie is not set. */
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
