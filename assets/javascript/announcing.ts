// Announcing a page to screen readers after htmx has swapped it: focus its content, read its title and messages.

import { onPage } from "./page";

// Screen readers announce only changes in a live region that they already know.
const KNOWN_AFTER_MS = 100;

/** Announce each page except for the first, which the browser announces itself. */
export function announcePages(): void {
  let isFirst = true;
  onPage(() => {
    if (!isFirst) announce();
    isFirst = false;
  });
}

function announce(): void {
  const main = document.querySelector("main");
  // Do not move the focus from a field that the person is filling in; htmx keeps it across the swap.
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
