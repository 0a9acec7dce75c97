// htmx: how boosted navigation behaves, under the policy and for people who see no swap.

import htmx from "htmx.org";

/** Configure htmx; it starts by itself once the page is read. */
export function configureHtmx(): void {
  Object.assign(htmx.config, {
    // The policy forbids eval, and style elements without a nonce.
    allowEval: false,
    includeIndicatorStyles: false,
    // Not `style`: Alpine's, copied as an attribute, would be one.
    attributesToSettle: ["class"],
    // A page with a customer's figures is fetched again rather than kept in the browser's storage.
    historyCacheSize: 0,
    // A whole page is answered, as to any other request.
    historyRestoreAsHxRequest: false,
    // An answer that says no is a page to be seen, too; 204 has none.
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

/** A fragment asks for a part of its page: a failure leaves it as it is, and a way elsewhere is one for the page. */
function keepFragmentsApart(event: Event): void {
  const answer = (event as CustomEvent<Answer>).detail;
  if (answer.boosted || !answer.pathInfo) return;
  const { status, responseURL } = answer.xhr;
  const asked = new URL(answer.pathInfo.requestPath, location.href);
  const isElsewhere = new URL(responseURL, location.href).pathname !== asked.pathname;
  if (status >= 400 || isElsewhere) answer.shouldSwap = false;
  if (isElsewhere) location.reload();
}

/** Without an answer, as when offline or sent to another site, the browser goes there itself and says what is wrong. */
function leaveAsBrowsersDo(event: Event): void {
  const answer = (event as CustomEvent<Answer>).detail;
  if (answer.boosted && answer.requestConfig.verb === "get") location.assign(answer.pathInfo.requestPath);
}
