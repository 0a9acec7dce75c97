// Charts: drawn on page load and after swaps, tracked once per action, and destroyed when they are swapped out.

import { capture } from "./analytics";
import type { Drawn } from "./chart_drawing";

// Defined by `chart_interacted` in docs/events.md: a pointer that only passes does not count as a hover.
const HOVERED_AFTER_MS = 500;

const drawn = new Map<HTMLCanvasElement, Drawn>();

/** Draw all charts, now and after swaps, and redraw them when the theme changes. */
export function watchCharts(): void {
  void draw();
  document.addEventListener("htmx:afterSettle", () => void draw());
  document.addEventListener("htmx:historyRestore", () => void draw());
  const recolour = (): void => drawn.forEach((chart) => chart.recolour());
  // Measure charts again that were drawn before the page's font was loaded.
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
    // Another call may have drawn the chart while the chunk was loading.
    if (drawn.has(canvas)) continue;
    const chart = drawChart(canvas, once(canvas));
    if (chart) drawn.set(canvas, chart);
  }
}

type Action = "click" | "hover" | "legend";

/** Return a function that records each kind of action on a chart once; also record hovers. */
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
    // Touch does not hover.
    if (pointerType !== "touch") timer = window.setTimeout(() => interacted("hover"), HOVERED_AFTER_MS);
  });
  canvas.addEventListener("pointerleave", () => clearTimeout(timer));
  return interacted;
}
