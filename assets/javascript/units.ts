// Formatting of values, identical to apps/metrics/formatting.py, which formats the table next to the chart.

export type Unit = "count" | "percent" | "hours" | "lines";

// Below two hours minutes are easier to read, and from three days on days are.
const MINUTES_BELOW = 2;
const DAYS_FROM = 72;
// From here on a decimal makes no practical difference.
const WHOLE_FROM = 10;

/** Format a figure with its unit, such as "31 hours"; return a dash if the figure is not known. */
export function written(value: number | null, unit: Unit): string {
  if (value === null) return "—";
  if (unit === "percent") return `${number(value)} %`;
  if (unit === "hours") return duration(value);
  return unit === "lines" ? `${number(value)} lines` : number(value);
}

function duration(hours: number): string {
  if (hours < MINUTES_BELOW) return withWord(hours * 60, "minute");
  return hours < DAYS_FROM ? withWord(hours, "hour") : withWord(hours / 24, "day");
}

function withWord(value: number, word: string): string {
  const text = number(value);
  return text === "1" ? `${text} ${word}` : `${text} ${word}s`;
}

function number(value: number): string {
  // `toLocaleString` rounds half up, by decimal digits, as the table does.
  const maximumFractionDigits = value >= WHOLE_FROM ? 0 : 1;
  return value.toLocaleString("en", { maximumFractionDigits });
}
