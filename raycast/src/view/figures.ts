/** Figures as text. What was not measured says so; it is never shown as 0. */

export const NOT_MEASURED = "not measured";

export function milliseconds(value: number | null): string {
  if (value === null) {
    return NOT_MEASURED;
  }
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(2)} s`;
}

export function percent(ratio: number | null): string {
  return ratio === null ? NOT_MEASURED : `${(100 * ratio).toFixed(ratio > 0.99 && ratio < 1 ? 1 : 0)} %`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** Seconds as minutes and seconds: 75 is 1:15. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Time of day, as hours and minutes. */
export function timeOfDay(date: Date): string {
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** A column for each value, from 0 to the largest. Null, which was not measured, is a dot. */
export function sparkline(values: (number | null)[]): string {
  const most = Math.max(...values.map((value) => value ?? 0));
  const column = (value: number) => {
    const level = most > 0 ? Math.ceil((value / most) * LEVELS.length) - 1 : 0;
    return LEVELS[Math.max(0, level)];
  };
  return values.map((value) => (value === null ? "·" : column(value))).join("");
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of `width` characters at most, in eighths of a character. */
export function bar(value: number, most: number, width: number): string {
  if (most <= 0 || value <= 0) {
    return "";
  }
  const eighths = Math.max(1, Math.round((Math.min(value, most) / most) * width * 8));
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}
