// Drawing of charts with Chart.js, in a chunk that only pages with a chart load.

import {
  BarController, BarElement, CategoryScale, Chart, type ChartOptions, Legend, LinearScale, LineController,
  LineElement, PointElement, Tooltip,
} from "chart.js";

import { walkWithKeys } from "./chart_keys";
import { written, type Unit } from "./units";

Chart.register(
  BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip,
);

Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

// The theme's colors, in the order of the series; people with color blindness can distinguish them.
const SERIES = ["--color-primary", "--color-secondary", "--color-accent", "--color-info", "--color-success"];

/** The JSON that the server embeds in the page; `kind` defaults to "bar". */
interface Data {
  title: string;
  unit: Unit;
  kind?: "bar" | "line";
  stacked?: boolean;
  labels: string[];
  datasets: { label: string; data: (number | null)[] }[];
}

export interface Drawn {
  recolour(): void;
  destroy(): void;
}

/** Draw a chart from the JSON element that the canvas names; return null if the element does not exist. */
export function drawChart(canvas: HTMLCanvasElement, interacted: (action: "click" | "legend") => void): Drawn | null {
  const source = document.getElementById(canvas.dataset["source"] ?? "");
  if (!source) return null;
  const data = JSON.parse(source.textContent) as Data;
  // The server's SVG is for browsers without scripts; the table stays visible for everybody.
  canvas.hidden = false;
  const still = canvas.closest("figure")?.querySelector("svg");
  if (still) still.style.display = "none";
  // Set the colors on creation: Chart.js animates towards the colors that a chart was created with.
  const chart = new Chart(canvas, {
    type: data.kind ?? "bar",
    data: { labels: data.labels, datasets: data.datasets.map((one, at) => ({ ...one, ...coloursOf(canvas, at) })) },
    options: options(data, interacted),
  });
  // Chart.js handles only the last of several clicks within a frame.
  canvas.addEventListener("click", ({ offsetX: x, offsetY: y }) => {
    if (chart.isPointInArea({ x, y })) interacted("click");
  });
  recolour(chart);
  walkWithKeys(canvas, chart, (at) => said(data, at));
  return { recolour: () => recolour(chart), destroy: () => chart.destroy() };
}

/** Return the values at a label, in words. */
function said({ labels, datasets, unit }: Data, at: number): string {
  const values = datasets.map((one) => `${one.label}: ${written(one.data[at] ?? null, unit)}`);
  return `${labels[at] ?? ""}. ${values.join(", ")}`;
}

function options(data: Data, interacted: (action: "click" | "legend") => void): ChartOptions<"bar" | "line"> {
  // Without a unit, since "0 minutes" below "20 hours" would look odd.
  const write = (value: number | string): string => (Number(value) === 0 ? "0" : written(Number(value), data.unit));
  const toggle = Chart.defaults.plugins.legend.onClick;
  return {
    responsive: true,
    maintainAspectRatio: false,
    ...(matchMedia("(prefers-reduced-motion: reduce)").matches && { animation: false as const }),
    // The whole column reacts, not only the bar: the bar of a small value is hard to hit.
    interaction: { mode: "index", intersect: false },
    scales: {
      x: { stacked: data.stacked ?? false, grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 16 } },
      y: { stacked: data.stacked ?? false, beginAtZero: true, border: { display: false }, ticks: { maxTicksLimit: 5, callback: write } },
    },
    plugins: {
      legend: {
        display: data.datasets.length > 1,
        align: "end",
        labels: { usePointStyle: true, boxHeight: 6 },
        onClick(event, item, legend) {
          toggle.call(this, event, item, legend);
          interacted("legend");
        },
      },
      tooltip: {
        callbacks: { label: ({ dataset, raw }) => `${dataset.label ?? ""}: ${written(raw as number | null, data.unit)}` },
      },
    },
  };
}

function colour(canvas: HTMLCanvasElement, name: string): string {
  return getComputedStyle(canvas).getPropertyValue(name).trim();
}

function coloursOf(canvas: HTMLCanvasElement, series: number): Record<string, string> {
  const own = colour(canvas, SERIES[series % SERIES.length] ?? "");
  // Set the hover colors, too: Chart.js would compute them, and does not support oklch.
  return { backgroundColor: own, borderColor: own, hoverBackgroundColor: own, hoverBorderColor: own };
}

/** Apply the colors of the current theme. */
function recolour(chart: Chart<"bar" | "line">): void {
  chart.data.datasets.forEach((dataset, at) => Object.assign(dataset, coloursOf(chart.canvas, at)));
  for (const scale of Object.values(chart.options.scales ?? {})) {
    Object.assign(scale?.ticks ?? {}, { color: colour(chart.canvas, "--quiet") });
    Object.assign(scale?.grid ?? {}, { color: colour(chart.canvas, "--color-base-300") });
  }
  Object.assign(chart.options.plugins?.legend?.labels ?? {}, { color: colour(chart.canvas, "--quiet") });
  // Update without animation, as on a resize: "none" would not change the colors of the bars.
  chart.update("resize");
}
