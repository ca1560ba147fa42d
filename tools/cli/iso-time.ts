const DAY_MS = 86_400_000;
const dayTexts = new Map<number, string>();
const DAY_TEXTS_MAX = 20_000;

/**
 * The time in RFC 3339, UTC, with milliseconds. The date part is kept per day: it is most of the
 * work.
 */
export function isoTime(timeMs: number): string {
  const day = Math.floor(timeMs / DAY_MS);
  let date = dayTexts.get(day);
  if (date === undefined) {
    if (dayTexts.size >= DAY_TEXTS_MAX) dayTexts.clear();
    date = new Date(day * DAY_MS).toISOString().slice(0, 11);
    dayTexts.set(day, date);
  }
  const rest = timeMs - day * DAY_MS;
  const hours = Math.floor(rest / 3_600_000);
  const minutes = Math.floor(rest / 60_000) % 60;
  const seconds = Math.floor(rest / 1000) % 60;
  const ms = rest % 1000;
  return `${date}${two(hours)}:${two(minutes)}:${two(seconds)}.${ms < 100 ? `0${two(ms)}` : ms}Z`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
