// Recording what happens in the page: one typed call, whose events wait until posthog-js is there.

import { refuses } from "./consent";
import { type EventName, type EventProperties, ORGANISATION, TEAM_EVENTS } from "./events.generated";
import { currentPage, type Page } from "./page";

/** An event with the page and team that it happened on: both may be others when it is sent. */
export interface Recorded {
  name: EventName | "$pageview";
  properties: Record<string, unknown>;
  /** Whether the page is about to be left, so that nothing can wait. */
  isLeaving: boolean;
  /** When it happened, if it had to wait. */
  happened?: Date;
}

// More than a person does in the seconds until posthog-js is there; a page where it never comes keeps no more.
const MOST_WAITING = 50;

const waiting: Recorded[] = [];
let deliver: ((recorded: Recorded) => void) | null = null;
let load: (() => void) | null = null;

/** Record that something happened, with the properties of its declaration; the team is filled in here. */
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

/** Record that the page is shown. */
export function capturePageview(): void {
  const page = currentPage();
  if (page) record(page, "$pageview", {}, false);
}

/** Say what delivers events from now on, and hand over those that wait. */
export function deliverBy(delivering: (recorded: Recorded) => void): void {
  deliver = delivering;
  for (const one of waiting.splice(0)) delivering(one);
}

/** Say what to call when an event waits, to have it delivered the sooner. */
export function loadBy(loading: () => void): void {
  load = loading;
}

/** Take what waits, which is then another's to deliver. */
export function takeWaiting(): Recorded[] {
  return waiting.splice(0);
}

/** Forget what waits, and deliver nothing more. */
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
