import { InvalidArgumentError } from 'commander';

/** A parser of a command-line option that must be a whole number in a range. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`give a whole number from ${low} to ${high}`);
    }
    return value;
  };
}

/** A parser of a command-line option that must be a number of at least 0. */
export function notNegative(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('give a number of at least 0, such as 1e-6');
  return value;
}

/**
 * A parser of a command-line option that must be a time with zone, or a day, which begins at
 * midnight UTC.
 */
export function timeOption(text: string): number {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const zoned = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text);
  const timeMs = day || zoned ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs)) {
    throw new InvalidArgumentError('give a day or a time with zone, such as 2026-01-31T12:00:00Z');
  }
  return timeMs;
}
