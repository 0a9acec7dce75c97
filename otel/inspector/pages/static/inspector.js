// The inspector's page polls JSON once a second and shows it. Content that others sent is written as text
// (textContent), never as markup.

const POLL = 1000; // ms; a new event appears soon enough for a person who waits for it, at little load
const $ = (selector, root = document) => root.querySelector(selector);

/** Return a new element with text or children. */
function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined).map((child) =>
    child instanceof Node ? child : document.createTextNode(String(child))));
  return element;
}

async function ask(path, options) {
  const response = await fetch(`/inspector/${path}`, { cache: "no-store", ...options });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

// ---- captures -------------------------------------------------------------------------------------------

const filters = $("#filters");
let known = new Set([...document.querySelectorAll("tr[data-uuid]")].map((row) => row.dataset.uuid));

/** Return the filters as a query; a part of the name, id or slug is enough. */
function wanted() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(filters)) {
    const text = value.trim();
    if (text) query.set(name, name === "verdict" ? text : `*${text.replace(/[[?]/g, "[$&]")}*`);
  }
  return query;
}

function captureRow(one) {
  const row = $("#capture-row").content.firstElementChild.cloneNode(true);
  row.dataset.uuid = one.uuid;
  row.dataset.kind = one.kind;
  row.dataset.verdict = one.verdict;
  row.classList.toggle("new", !known.has(one.uuid));
  const field = (name) => $(`[data-field="${name}"]`, row);
  for (const name of ["time", "event", "person", "team"]) field(name).textContent = one[name];
  field("time").title = one.date;
  field("person").title = one.person;
  field("team").title = one.team;
  field("verdict").textContent = one.verdict;
  field("verdict").hidden = one.verdict === "kept";
  field("deliveries").textContent = `delivered ${one.deliveries}×`;
  field("deliveries").hidden = one.deliveries < 2;
  field("warnings").textContent = `⚠ ${one.warnings}`;
  field("warnings").hidden = !one.warnings;
  return row;
}

async function showCaptures() {
  const rows = await ask(`page/rows?${wanted()}`);
  const body = $("#list tbody");
  const focused = document.activeElement?.closest?.("tr[data-uuid]")?.dataset.uuid;
  body.replaceChildren(...rows.map(captureRow));
  known = new Set([...known, ...rows.map((one) => one.uuid)]);
  if (focused) $(`tr[data-uuid="${CSS.escape(focused)}"] button`, body)?.focus({ preventScroll: true });
  const empty = $("#list .empty");
  empty.hidden = rows.length > 0;
  if (!rows.length && [...wanted()].length) empty.textContent = "No capture fits the filters.";
  const names = [...new Set(rows.map((one) => one.event))].sort();
  $("#events").replaceChildren(...names.map((name) => Object.assign(make("option"), { value: name })));
}

// ---- one capture ----------------------------------------------------------------------------------------

/** Return JSON as text nodes and spans, colored by kind. */
function pretty(value) {
  const parts = [];
  const token = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const text = JSON.stringify(value, null, 2);
  let last = 0;
  for (const match of text.matchAll(token)) {
    parts.push(text.slice(last, match.index));
    const kind = match[1] ? (match[2] ? "json-key" : "json-string") : "json-other";
    parts.push(make("span", kind, match[1] ?? match[0]), match[2] ?? "");
    last = match.index + match[0].length;
  }
  return [...parts, text.slice(last)];
}

function pairs(list, entries) {
  list.replaceChildren(...entries.filter(([, value]) => value !== undefined && value !== null && value !== "")
    .flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
  return list;
}

let rules = null; // by id; cached, because only the number of times that each applied changes

async function ruleOf(id) {
  rules ??= new Map((await ask("rules")).map((rule) => [rule.id, rule]));
  return rules.get(id);
}

/** Return both verdicts of a capture, and the rules behind the second. */
async function outcomeOf({ verdict, rules: ids, warnings, changed }) {
  const summary = make("p", "verdicts", make("span", "badge ok", "accepted"), " at the door, then ",
    make("span", "badge verdict", verdict));
  summary.dataset.verdict = verdict;
  const notes = warnings.map((one) => make("div", "warning", make("code", "", one.type), make("p", "", one.message)));
  const found = (await Promise.all(ids.map(ruleOf))).filter(Boolean);
  const items = found.map((rule) => make("li", "", make("span", "rule", rule.id), make("div", "",
    make("p", "", rule.happens), make("p", "soft", `Looks at: ${rule.looks_at}`), make("p", "source", rule.source))));
  const values = Object.entries(changed).map(([name, value]) => [name, value === null ? "removed" : shown(value)]);
  return [summary, ...notes, values.length ? make("p", "soft", "Stored otherwise than sent:") : null,
    values.length ? pairs(make("dl", "pairs"), values) : null, items.length ? make("ul", "applied", ...items) : null];
}

async function showDetail(uuid) {
  const [one] = await ask(`page/capture?${new URLSearchParams({ uuid })}`);
  if (!one) return;
  const dialog = $("#detail");
  const groups = one.properties.$groups;
  $("h2", dialog).textContent = one.event;
  pairs($(".facts", dialog), [
    ["happened", one.timestamp],
    ["received", one.received_at],
    ["person", one.distinct_id],
    ["team", one.properties.team_slug],
    ["groups", groups && typeof groups === "object" ? Object.entries(groups).map((pair) => pair.join(" ")).join(", ") : ""],
    ["trace", one.properties.$trace_id],
    ["span", one.properties.$span_id],
    ["uuid", one.uuid],
    ["library", one.lib],
    ["delivered", one.deliveries > 1 ? `${one.deliveries}×, kept once` : ""],
    ["issue", one.outcome.issue],
  ]);
  $(".outcome", dialog).replaceChildren(...(await outcomeOf(one.outcome)).filter(Boolean));
  $("pre", dialog).replaceChildren(...pretty(one.properties));
  if (!dialog.open) dialog.showModal();
}

// ---- the other views ------------------------------------------------------------------------------------

function table(columns, rows, nothing) {
  if (!rows.length) return make("p", "empty", nothing);
  const head = make("tr", "", ...columns.map(([name, , className]) =>
    Object.assign(make("th", className ?? "", name), { scope: "col" })));
  const body = rows.map((row) => make("tr", "", ...columns.map(([name, value, className]) => {
    const cell = make("td", className ?? "", value(row));
    cell.dataset.label = name; // shown before the value if the screen is too narrow for a header row
    return cell;
  })));
  return make("table", "", make("thead", "", head), make("tbody", "", ...body));
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const moment = (time) => (time ? `${time.slice(0, 10)} ${time.slice(11, 19)}` : "");
const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function card(title, subtitle, ...children) {
  return make("article", "card", make("h2", "", title), make("p", "", subtitle), ...children);
}

const properties = (values) => pairs(make("dl", "pairs"), Object.entries(values).map(([name, value]) => [name, shown(value)]));

function person(one) {
  const others = one.distinct_ids.filter((id) => id !== one.distinct_id);
  const kind = one.is_identified ? "identified" : "not identified";
  return card(one.distinct_id, `${kind} · ${count(one.events, "event")} · last seen ${moment(one.last_seen)}`,
    others.length ? make("p", "soft", `also known as ${others.join(", ")}`) : null, properties(one.properties));
}

function group(one) {
  return card(`${one.type} ${one.properties.name ?? one.properties.slug ?? one.key}`,
    `${one.key} · ${count(one.events, "event")} · last seen ${moment(one.last_seen)}`, properties(one.properties));
}

function frame(one) {
  const place = [one.module ?? one.filename, one.function].filter(Boolean).join(" · ");
  const node = make("div", one.in_app === false ? "frame outside" : "frame",
    make("code", "", place), make("span", "soft", `  ${one.filename ?? ""}${one.lineno ? `:${one.lineno}` : ""}`));
  if (typeof one.context_line === "string") {
    const lines = (list) => (Array.isArray(list) ? list : []).map((line) => `${line}\n`).join("");
    node.append(make("pre", "", lines(one.pre_context), make("span", "here", `${one.context_line}\n`), lines(one.post_context)));
  }
  return node;
}

function issue(one) {
  const handled = one.handled === null ? "" : one.handled ? "handled" : "unhandled";
  const chain = one.exceptions.map((exception, position) => {
    const frames = [...(exception.stacktrace?.frames ?? [])].reverse(); // the raise site first
    return make("details", "", make("summary", "", `${position ? "caused by " : ""}${exception.type}: ${exception.value ?? ""} · ${count(frames.length, "frame")}`), ...frames.map(frame));
  });
  chain[0]?.setAttribute("open", "");
  const title = make("h2", "", one.type, " ", make("span", "badge error", `${one.captures}×`), handled ? make("span", "badge", handled) : null);
  const flood = one.occurrences > one.captures ? ` · ${one.occurrences} occurrences` : "";
  const subtitle = `${one.value}${flood} · ${count(one.distinct_ids.length, "person")} · last seen ${moment(one.last_seen)}${one.trace_id ? ` · trace ${one.trace_id}` : ""}`;
  return make("article", "card", title, make("p", "", subtitle), ...chain);
}

function step(one, position) {
  const bar = make("div");
  bar.style.width = `${one.conversion * 100}%`; // the content security policy allows styles set by script
  return make("div", "step",
    make("div", "", make("strong", "", `${position + 1}. `), one.events.join(" or ")), make("div", "bar", bar),
    make("div", "num", `${one.persons} (${Math.round(one.conversion * 100)} %)`));
}

function lost(one) {
  const badge = make("span", "badge verdict", one.verdict);
  return Object.assign(make("span", "", badge), { className: `lost ${one.verdict}` });
}

function reasonOf(one) {
  return make("span", "", one.event ? make("strong", "", `${one.event} `) : null,
    one.warning ? make("code", "", `${one.warning} `) : null, one.reason);
}

const ruleId = (one) => make("span", "rule", one.rule ?? "");

/** Return a rule's source files without their folders, which the tooltip shows. */
function files(rule) {
  const names = rule.source.replace(/[\w./-]*\/(?=[\w-]+\.\w+ @)/g, "");
  return Object.assign(make("span", "source", names), { title: rule.source });
}

function ruleTable(list) {
  const node = table([["Rule", (rule) => make("span", "rule", rule.id)], ["Times", (rule) => rule.times || "", "num"],
    ["Looks at", (rule) => rule.looks_at, "long"],
    ["What happens", (rule) => make("span", "", make("span", "first", rule.happens), " ", make("span", "badge effect", rule.effect),
      rule.warning ? make("code", "warned", rule.warning) : null, rule.versions ? make("span", "versions", rule.versions) : null), "long"],
    ["Source", files, "long"]], list, "No rules.");
  node.classList.add("rules");
  [...node.tBodies[0].rows].forEach((row, position) => { row.dataset.applied = list[position].times ? "yes" : "no"; });
  return node;
}

const newestFirst = (list) => [...list].reverse();
const orNothing = (list, build, nothing) => (list.length ? list.map(build) : [make("p", "empty", nothing)]);

const views = {
  persons: async () => orNothing(newestFirst(await ask("persons")), person, "No persons yet."),
  groups: async () => orNothing(newestFirst(await ask("groups")), group, "No groups yet."),
  errors: async () => orNothing(newestFirst(await ask("errors")), issue, "No errors. Good."),
  funnel: async () => {
    const { steps, persons } = await ask("funnel");
    const progress = table([["Person", (one) => one.distinct_id, "id"], ["Reached", (one) => `${one.reached} of ${steps.length}`],
      ["Began", (one) => moment(one.times[0])], ["Latest step", (one) => moment(one.times.at(-1))]], persons, "Nobody began it yet.");
    return [make("div", "card", ...steps.map(step)), progress];
  },
  rejected: async () => [table([["Time (UTC)", (one) => moment(one.time), "time"], ["Verdict", lost], ["Route", (one) => one.route], ["Status", (one) => one.status, "num"],
    ["Events", (one) => one.events, "num"], ["Why", reasonOf, "long"], ["Rule", ruleId], ["Body", (one) => make("code", "", one.body.slice(0, 160)), "long"]],
  newestFirst(await ask("bad")), "Nothing was refused or dropped.")],
  warnings: async () => [table([["Time (UTC)", (one) => moment(one.time), "time"], ["Type", (one) => make("code", "", one.type)], ["Event", (one) => one.event],
    ["Person", (one) => one.distinct_id, "id"], ["What happened", (one) => one.message, "long"], ["Rule", ruleId]],
  newestFirst(await ask("warnings")), "No ingestion warnings.")],
  rules: async () => {
    const all = await ask("rules");
    const applied = all.filter((rule) => rule.times);
    const hint = `${applied.length} of ${all.length} rules applied so far, these first. Each was read in PostHog/posthog, at the commit that stands behind the file.`;
    return [make("p", "soft hint", hint), ruleTable([...applied, ...all.filter((rule) => !rule.times)])];
  },
};

// ---- live updates ---------------------------------------------------------------------------------------

const pause = $("#pause");
const live = $("#live");
let last = "";

function current() {
  const name = location.hash.slice(1);
  return name in views ? name : "captures";
}

async function refresh(force = false) {
  try {
    const counts = await ask("all");
    for (const element of document.querySelectorAll("[data-count]")) {
      element.textContent = counts[element.dataset.count].toLocaleString("en");
      element.parentElement.dataset.zero = counts[element.dataset.count] ? "no" : "yes";
    }
    const state = JSON.stringify(counts);
    if (force || state !== last) {
      const name = current();
      if (name === "captures") await showCaptures();
      else {
        const open = [...document.querySelectorAll("#other details")].map((one) => one.open);
        const content = await views[name]();
        if (name !== current()) return;
        $("#other").replaceChildren(...content);
        if (!force) document.querySelectorAll("#other details").forEach((one, position) => { one.open = open[position] ?? one.open; });
      }
      last = state;
    }
    live.className = "";
    live.textContent = "live";
  } catch {
    live.className = "stale";
    live.textContent = "not reachable";
  }
}

function show() {
  const name = current();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else link.removeAttribute("aria-current");
  }
  $("#list").hidden = filters.hidden = name !== "captures";
  $("#other").hidden = name === "captures";
  $("#other").replaceChildren();
  return refresh(true);
}

async function tick() {
  if (pause.getAttribute("aria-pressed") !== "true" && !document.hidden) await refresh();
  setTimeout(tick, POLL);
}

addEventListener("hashchange", show);
$(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the URL's fragment selects the view
  $("#view").focus();
});
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("input", () => refresh(true));
pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Resume" : "Pause";
  live.className = paused ? "paused" : "";
  live.textContent = paused ? "paused" : "live";
  if (!paused) refresh(true);
});
$("#reset").addEventListener("click", async () => {
  await ask("reset", { method: "POST" });
  known.clear();
  refresh(true);
});
$("#list tbody").addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-uuid]");
  if (row) showDetail(row.dataset.uuid);
});
$("#detail").addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close(); // a click outside the panel
});
addEventListener("keydown", (event) => {
  if (event.target.matches("input") || event.ctrlKey || event.metaKey || event.altKey || $("#detail").open) return;
  if (event.key === "/") {
    event.preventDefault();
    $("input", filters).focus();
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = document.activeElement.closest?.("tr[data-uuid]");
  const next = row && (event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling);
  if (next) {
    event.preventDefault();
    $("button", next).focus();
  }
});
show().then(tick);
