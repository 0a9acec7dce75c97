// Links that are followed: one click, key or middle button is one event, whatever has been swapped in since.

import { capture } from "./analytics";
import { currentPage } from "./page";

/** Watch the whole document, once: links come and go with every swap. */
export function watchLinks(): void {
  // Before anybody else hears of it: who handles a click may stop it, or swap the link away.
  document.addEventListener("click", followed, { capture: true });
  document.addEventListener("auxclick", followed, { capture: true });
}

function followed(event: MouseEvent): void {
  // The middle button opens a tab; the right one a menu. A key on a link is a click to the browser.
  if (event.type === "auxclick" && event.button !== 1) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const page = currentPage()?.page;
  if (!link?.href || !page) return;
  const to_page = link.closest("[data-sidebar]") && link.dataset["page"];
  if (to_page) capture("sidebar_navigation", { from_page: page, to_page });
  if (isExternal(link)) capture("external_link_clicked", { domain: link.hostname, page }, { isLeaving: true });
}

function isExternal(link: HTMLAnchorElement): boolean {
  return /^https?:$/.test(link.protocol) && link.host !== location.host;
}
