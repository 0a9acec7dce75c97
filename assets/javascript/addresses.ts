// Addresses in what posthog-js sends: the route with placeholders, for invitation tokens, ids and search words
// stand in raw ones.

import type { Page } from "./page";

// Up to what cannot stand in one.
const ADDRESS = /https?:\/\/[^\s"'<>()\\]+/g;

// What says nothing about the product's pages, and looks like an address in a bot's case.
const UNTOUCHED = new Set(["$raw_user_agent", "$lib_custom_api_host"]);

// The routes of the pages that this document has shown, by their raw paths: some events are about an earlier one.
const routes = new Map<string, string>();

/** Remember the route of the page that is shown. */
export function rememberRoute(page: Page): void {
  routes.set(location.pathname, page.route);
  routes.set(page.route, page.route);
}

/** Return an address as it may leave: ours as its route, a script as it is, another site's as its origin. */
export function withoutDetails(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return "";
  }
  if (url.origin !== location.origin) return url.origin;
  // Frames of errors: the line counts behind it stay.
  if (/\.js(:\d+)*$/.test(url.pathname)) return url.origin + url.pathname;
  return url.origin + (routes.get(url.pathname) ?? "");
}

/** Return whatever an event holds with its addresses changed so. */
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
