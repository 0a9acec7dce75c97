// Values as people read them: the same as apps/metrics/formatting.py writes into the table beside the chart.

export type Unit = "count" | "percent" | "hours" | "lines";

// Below two hours minutes are easier to read, and from three days on days are.
const MINUTES_BELOW = 2;
const DAYS_FROM = 72;
// From here on a decimal says nothing that anybody would act on.
const WHOLE_FROM = 10;

/** Write a figure with its unit, such as "31 hours"; a dash for one that is not known. */
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
  // It rounds halves up by itself, of the digits that one would write, and so does the table.
  const maximumFractionDigits = value >= WHOLE_FROM ? 0 : 1;
  return value.toLocaleString("en", { maximumFractionDigits });
}
