// The typed API that records events in the page; events are queued until posthog-js is loaded.

import { refuses } from "./consent";
import { type EventName, type EventProperties, ORGANISATION, TEAM_EVENTS } from "./events.generated";
import { currentPage, type Page } from "./page";

/** An event with its page and team, which may have changed by the time the event is sent. */
export interface Recorded {
  name: EventName | "$pageview";
  properties: Record<string, unknown>;
  /** Whether the person is about to leave the page, so that the event must be sent immediately. */
  isLeaving: boolean;
  /** The time at which the event happened, if it was queued. */
  happened?: Date;
}

// More events than a person causes in the seconds until posthog-js is loaded; limits memory if it never loads.
const MOST_WAITING = 50;

const waiting: Recorded[] = [];
let deliver: ((recorded: Recorded) => void) | null = null;
let load: (() => void) | null = null;

/** Record an event with its declared properties; the team is added here. */
export function capture<Name extends EventName>(
  name: Name,
  properties: Omit<EventProperties[Name], "team_slug">,
  { isLeaving = false } = {},
): void {
  const page = currentPage();
  if (!page || (TEAM_EVENTS.has(name) && !page.team)) return;
  const team = TEAM_EVENTS.has(name) ? page.team : null;
  const declared: Recorded["properties"] = { ...properties, ...(team && { team_slug: team.slug }) };
  if (!page.send_organisation) for (const property of ORGANISATION[name]) delete declared[property];
  record(page, name, { ...declared, ...(team && { $groups: { team: team.key } }) }, isLeaving);
}

/** Record a page view of the current page. */
export function capturePageview(): void {
  const page = currentPage();
  if (page) record(page, "$pageview", {}, false);
}

/** Register the callback that delivers events, and deliver the queued events. */
export function deliverBy(delivering: (recorded: Recorded) => void): void {
  deliver = delivering;
  for (const one of waiting.splice(0)) delivering(one);
}

/** Register a callback that starts loading posthog-js when an event is queued. */
export function loadBy(loading: () => void): void {
  load = loading;
}

/** Remove and return the queued events; the caller delivers them. */
export function takeWaiting(): Recorded[] {
  return waiting.splice(0);
}

/** Discard the queued events, and stop delivering events. */
export function stopDelivering(): void {
  deliver = null;
  waiting.length = 0;
}

function record(page: Page, name: Recorded["name"], properties: Recorded["properties"], isLeaving: boolean): void {
  if (refuses(page)) return;
  const address = { $current_url: location.origin + page.route, $pathname: page.route };
  const recorded = { name, properties: { ...address, ...properties }, isLeaving };
  if (deliver) return deliver(recorded);
  if (waiting.length < MOST_WAITING) waiting.push({ ...recorded, happened: new Date() });
  if (name !== "$pageview") load?.();
}
