// Charts: drawn where a page or a swap brings one, tracked once each, and let go when they are swapped away.

import { capture } from "./analytics";
import type { Drawn } from "./chart_drawing";

// As events.md has it: a glance in passing is no hover.
const HOVERED_AFTER_MS = 500;

const drawn = new Map<HTMLCanvasElement, Drawn>();

/** Draw the charts that are there and that come, and redraw them in the theme's colours. */
export function watchCharts(): void {
  void draw();
  document.addEventListener("htmx:afterSettle", () => void draw());
  document.addEventListener("htmx:historyRestore", () => void draw());
  const recolour = (): void => drawn.forEach((chart) => chart.recolour());
  // What was drawn before the page's font was there is measured anew.
  void document.fonts.ready.then(recolour);
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

async function draw(): Promise<void> {
  for (const [canvas, chart] of drawn) {
    if (canvas.isConnected) continue;
    chart.destroy();
    drawn.delete(canvas);
  }
  if (!document.querySelector("canvas[data-chart]")) return;
  const { drawChart } = await import("./chart_drawing");
  for (const canvas of document.querySelectorAll<HTMLCanvasElement>("canvas[data-chart]")) {
    // Another swap may have been drawn while the chunk was on its way.
    if (drawn.has(canvas)) continue;
    const chart = drawChart(canvas, once(canvas));
    if (chart) drawn.set(canvas, chart);
  }
}

type Action = "click" | "hover" | "legend";

/** Return what records an action on a chart, the first time; and note hovers. */
function once(canvas: HTMLCanvasElement): (action: Action) => void {
  const done = new Set<Action>();
  const chart_type = canvas.dataset["chart"] as Parameters<typeof capture<"chart_interacted">>[1]["chart_type"];
  const interacted = (action: Action): void => {
    if (done.has(action)) return;
    done.add(action);
    capture("chart_interacted", { chart_type, action });
  };
  let timer: number | undefined;
  canvas.addEventListener("pointerenter", ({ pointerType }) => {
    // A finger does not hover.
    if (pointerType !== "touch") timer = window.setTimeout(() => interacted("hover"), HOVERED_AFTER_MS);
  });
  canvas.addEventListener("pointerleave", () => clearTimeout(timer));
  return interacted;
}
