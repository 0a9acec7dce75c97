// Configuration of htmx: boosted navigation under the content security policy, and handling of errors.

import htmx from "htmx.org";

/** Configure htmx, which starts by itself once the page is parsed. */
export function configureHtmx(): void {
  Object.assign(htmx.config, {
    // The content security policy forbids eval, and style elements without a nonce.
    allowEval: false,
    includeIndicatorStyles: false,
    // Without `style`: the policy forbids style attributes, and htmx would copy Alpine's.
    attributesToSettle: ["class"],
    // Fetch pages again instead of storing a customer's figures in the browser.
    historyCacheSize: 0,
    // The server responds with a whole page, as to any other request.
    historyRestoreAsHxRequest: false,
    // Show error pages, too; a 204 response has no page.
    responseHandling: [{ code: "204", swap: false }, { code: "...", swap: true }],
  });
  document.addEventListener("htmx:beforeSwap", keepFragmentsApart);
  document.addEventListener("htmx:sendError", leaveAsBrowsersDo);
}

interface Answer {
  boosted: boolean;
  shouldSwap: boolean;
  xhr: XMLHttpRequest;
  pathInfo: { requestPath: string };
  requestConfig: { verb: string };
}

/** Keep a fragment as it is if its request fails, and reload the page if the request is redirected elsewhere. */
function keepFragmentsApart(event: Event): void {
  const answer = (event as CustomEvent<Answer>).detail;
  if (answer.boosted || !answer.pathInfo) return;
  const { status, responseURL } = answer.xhr;
  const asked = new URL(answer.pathInfo.requestPath, location.href);
  const isElsewhere = new URL(responseURL, location.href).pathname !== asked.pathname;
  if (status >= 400 || isElsewhere) answer.shouldSwap = false;
  if (isElsewhere) location.reload();
}

/** Let the browser open the URL if there is no response, as when offline or redirected to another site. */
function leaveAsBrowsersDo(event: Event): void {
  const answer = (event as CustomEvent<Answer>).detail;
  if (answer.boosted && answer.requestConfig.verb === "get") location.assign(answer.pathInfo.requestPath);
}
