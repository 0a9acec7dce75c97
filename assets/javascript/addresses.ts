// Masking of URLs in posthog-js events: a page's URL is replaced by its route with placeholders, because raw URLs
// contain invitation tokens, ids and search terms.

import type { Page } from "./page";

// Matches a URL up to the first character that a URL cannot contain.
const ADDRESS = /https?:\/\/[^\s"'<>()\\]+/g;

// Properties that do not describe the product's pages; a bot's user agent contains a URL.
const UNTOUCHED = new Set(["$raw_user_agent", "$lib_custom_api_host"]);

// The routes of the pages that this document has shown, by raw path; some events refer to an earlier page.
const routes = new Map<string, string>();

/** Remember the route of the current page. */
export function rememberRoute(page: Page): void {
  routes.set(location.pathname, page.route);
  routes.set(page.route, page.route);
}

/** Return a URL that is safe to send: the route of our pages, the full path of scripts, the origin of other sites. */
export function withoutDetails(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return "";
  }
  if (url.origin !== location.origin) return url.origin;
  // A script in a stack trace: keep the path, with a line number if there is one.
  if (/\.js(:\d+)*$/.test(url.pathname)) return url.origin + url.pathname;
  return url.origin + (routes.get(url.pathname) ?? "");
}

/** Return a copy of an event, or of any value in it, with all URLs masked by `withoutDetails`. */
export function cleaned(value: unknown, key = ""): unknown {
  if (typeof value === "string") return UNTOUCHED.has(key) ? value : cleanedText(value, key);
  if (Array.isArray(value)) return value.map((one) => cleaned(one, key));
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cleaned(one, name)]));
}

function cleanedText(text: string, key: string): string | undefined {
  if (/pathname$/.test(key)) return routes.get(text);
  return text.replace(ADDRESS, withoutDetails);
}
