// After a swap of the whole page: the focus goes to its content, and its title and messages are read out.

import { onPage } from "./page";

// Screen readers hear only what changes in a region that they know already.
const KNOWN_AFTER_MS = 100;

/** Do so for each page but the first, which the browser announces itself. */
export function announcePages(): void {
  let isFirst = true;
  onPage(() => {
    if (!isFirst) announce();
    isFirst = false;
  });
}

function announce(): void {
  const main = document.querySelector("main");
  // Who was filling in a field that is there again goes on; htmx has kept their place.
  if (main && !document.activeElement?.matches("input, select, textarea")) {
    main.tabIndex = -1;
    main.focus({ preventScroll: true });
  }
  const region = document.createElement("div");
  region.role = "status";
  region.className = "sr-only";
  document.body.append(region);
  const messages = [...document.querySelectorAll(".messages li")].map((one) => one.textContent.trim());
  setTimeout(() => {
    region.textContent = [document.title, ...messages].join(". ");
  }, KNOWN_AFTER_MS);
}
