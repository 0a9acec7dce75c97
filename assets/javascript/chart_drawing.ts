// Drawing with Chart.js, a chunk that only pages with a chart load.

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

// Of the theme, in the order of the series: told apart also by who sees no red or green.
const SERIES = ["--color-primary", "--color-secondary", "--color-accent", "--color-info", "--color-success"];

/** What the server gives; `kind` is bars unless it says otherwise. */
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

/** Draw one chart from the JSON that it names; null if there is none. */
export function drawChart(canvas: HTMLCanvasElement, interacted: (action: "click" | "legend") => void): Drawn | null {
  const source = document.getElementById(canvas.dataset["source"] ?? "");
  if (!source) return null;
  const data = JSON.parse(source.textContent) as Data;
  // The server's drawing is for who has no script; its table stays for everybody.
  canvas.hidden = false;
  const still = canvas.closest("figure")?.querySelector("svg");
  if (still) still.style.display = "none";
  // The colours are there from the start: Chart.js animates towards those that it was made with.
  const chart = new Chart(canvas, {
    type: data.kind ?? "bar",
    data: { labels: data.labels, datasets: data.datasets.map((one, at) => ({ ...one, ...coloursOf(canvas, at) })) },
    options: options(data, interacted),
  });
  // Of clicks within one frame Chart.js hears the last only.
  canvas.addEventListener("click", ({ offsetX: x, offsetY: y }) => {
    if (chart.isPointInArea({ x, y })) interacted("click");
  });
  recolour(chart);
  walkWithKeys(canvas, chart, (at) => said(data, at));
  return { recolour: () => recolour(chart), destroy: () => chart.destroy() };
}

/** What stands at one label, in words. */
function said({ labels, datasets, unit }: Data, at: number): string {
  const values = datasets.map((one) => `${one.label}: ${written(one.data[at] ?? null, unit)}`);
  return `${labels[at] ?? ""}. ${values.join(", ")}`;
}

function options(data: Data, interacted: (action: "click" | "legend") => void): ChartOptions<"bar" | "line"> {
  // "0 minutes" would stand below "20 hours".
  const write = (value: number | string): string => (Number(value) === 0 ? "0" : written(Number(value), data.unit));
  const toggle = Chart.defaults.plugins.legend.onClick;
  return {
    responsive: true,
    maintainAspectRatio: false,
    ...(matchMedia("(prefers-reduced-motion: reduce)").matches && { animation: false as const }),
    // The whole column answers, not only the bar: a bar of a small value is hard to hit.
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
  // Chart.js would compute those under the pointer, and does not know oklch.
  return { backgroundColor: own, borderColor: own, hoverBackgroundColor: own, hoverBorderColor: own };
}

/** Take the colours from the theme in force. */
function recolour(chart: Chart<"bar" | "line">): void {
  chart.data.datasets.forEach((dataset, at) => Object.assign(dataset, coloursOf(chart.canvas, at)));
  for (const scale of Object.values(chart.options.scales ?? {})) {
    Object.assign(scale?.ticks ?? {}, { color: colour(chart.canvas, "--quiet") });
    Object.assign(scale?.grid ?? {}, { color: colour(chart.canvas, "--color-base-300") });
  }
  Object.assign(chart.options.plugins?.legend?.labels ?? {}, { color: colour(chart.canvas, "--quiet") });
  // Without movement, as on a resize: "none" would leave bars in the colours that they have.
  chart.update("resize");
}
