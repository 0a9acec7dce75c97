// Events about followed links: one event for each click, Enter key or middle click, also after swaps.

import { capture } from "./analytics";
import { currentPage } from "./page";

/** Listen on the document, once, because swaps add and remove links. */
export function watchLinks(): void {
  // Capture the event before other handlers, which may stop it or swap the link out.
  document.addEventListener("click", followed, { capture: true });
  document.addEventListener("auxclick", followed, { capture: true });
}

function followed(event: MouseEvent): void {
  // The middle button opens a tab, the right button a menu. The browser reports Enter on a link as a click.
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
