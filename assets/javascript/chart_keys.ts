// Keyboard access to charts: arrow keys move between labels, whose values are shown and announced.

import type { Chart } from "chart.js";

/** Move along a chart with the arrow keys, Home and End; Escape clears the selection. */
export function walkWithKeys(canvas: HTMLCanvasElement, chart: Chart<"bar" | "line">, say: (at: number) => string): void {
  const last = (chart.data.labels?.length ?? 0) - 1;
  const region = document.createElement("div");
  region.role = "status";
  region.className = "sr-only";
  canvas.after(region);
  canvas.tabIndex = 0;
  let at = -1;
  canvas.addEventListener("keydown", (event) => {
    const to = target(event.key, at, last);
    if (to === null) return;
    event.preventDefault();
    at = to;
    region.textContent = at < 0 ? "" : say(at);
    const points = at < 0 ? [] : visible(chart).map((datasetIndex) => ({ datasetIndex, index: at }));
    chart.setActiveElements(points);
    chart.tooltip?.setActiveElements(points, { x: 0, y: 0 });
    chart.update("none");
  });
}

/** Return the index of the label that a key leads to, -1 to clear the selection, null for any other key. */
function target(key: string, at: number, last: number): number | null {
  if (key === "ArrowRight") return Math.min(at + 1, last);
  if (key === "ArrowLeft") return Math.max(at - 1, 0);
  if (key === "Home") return 0;
  if (key === "End") return last;
  return key === "Escape" && at >= 0 ? -1 : null;
}

function visible(chart: Chart): number[] {
  return chart.data.datasets.map((_, number) => number).filter((number) => chart.isDatasetVisible(number));
}
