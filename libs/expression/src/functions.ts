import type { ValueType } from './typed-node.js';
import type { ZoneClock } from './zone-clock.js';

const EARTH_RADIUS_KM = 6371.0088; // the mean radius, IUGG
const MS_PER_DAY = 86_400_000;

interface Shape {
  /** How it is written, for messages and the reference. */
  readonly usage: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
}

/** Functions over numbers (and timestamps); a NaN argument gives NaN: unknown in, unknown out. */
export interface NumberFunction extends Shape {
  readonly family: 'number';
  readonly apply: (a: number, b: number, c: number, d: number) => number;
}

/**
 * Functions of a time in a zone; the zone is an optional last argument, a literal, UTC by default.
 */
export interface CalendarFunction extends Shape {
  readonly family: 'calendar';
  readonly apply: (clock: ZoneClock, ms: number) => number;
}

/** Functions over one or two texts. */
export interface TextFunction extends Shape {
  readonly family: 'text';
  readonly apply: (a: string, b: string) => string | number | boolean;
}

export type FunctionSpec = NumberFunction | CalendarFunction | TextFunction;

const numeric = (usage: string, count: number, apply: NumberFunction['apply']): NumberFunction => ({
  family: 'number',
  usage,
  parameters: Array.from({ length: count }, () => 'number' as const),
  result: 'number',
  apply,
});

const calendar = (usage: string, apply: CalendarFunction['apply']): CalendarFunction => ({
  family: 'calendar',
  usage,
  parameters: ['timestamp'],
  result: 'number',
  apply,
});

const text = (
  usage: string,
  shape: { readonly count: number; readonly result: ValueType },
  apply: TextFunction['apply'],
): TextFunction => ({
  family: 'text',
  usage,
  parameters: Array.from({ length: shape.count }, () => 'string' as const),
  result: shape.result,
  apply,
});

const oneText = { count: 1, result: 'string' } as const;
const textTest = { count: 2, result: 'boolean' } as const;

/**
 * Every function of the language except `has`, `is_missing`, `in_list`, `coalesce` and `timestamp`.
 */
export const functionSpecs: ReadonlyMap<string, FunctionSpec> = new Map<string, FunctionSpec>([
  ['abs', numeric('abs(x)', 1, Math.abs)],
  ['min', numeric('min(x, y, …)', 2, (a, b) => Math.min(a, b))],
  ['max', numeric('max(x, y, …)', 2, (a, b) => Math.max(a, b))],
  ['round', numeric('round(x)', 1, roundHalfAway)],
  ['floor', numeric('floor(x)', 1, Math.floor)],
  ['ceil', numeric('ceil(x)', 1, Math.ceil)],
  ['log', numeric('log(x)', 1, Math.log)],
  ['sqrt', numeric('sqrt(x)', 1, Math.sqrt)],
  ['distance_km', numeric('distance_km(lat1, lon1, lat2, lon2)', 4, distanceKm)],
  [
    'days_between',
    {
      family: 'number',
      usage: 'days_between(from, to)',
      parameters: ['timestamp', 'timestamp'],
      result: 'number',
      apply: (from, to) => (to - from) / MS_PER_DAY,
    },
  ],
  ['hour', calendar('hour(time, "zone")', (clock, ms) => clock.hour(ms))],
  ['minute_of_day', calendar('minute_of_day(time, "zone")', (clock, ms) => clock.minuteOfDay(ms))],
  ['day_of_week', calendar('day_of_week(time, "zone")', (clock, ms) => clock.dayOfWeek(ms))],
  ['day_of_month', calendar('day_of_month(time, "zone")', (clock, ms) => clock.dayOfMonth(ms))],
  ['month', calendar('month(time, "zone")', (clock, ms) => clock.month(ms))],
  ['starts_with', text('starts_with(text, "prefix")', textTest, (a, b) => a.startsWith(b))],
  ['ends_with', text('ends_with(text, "suffix")', textTest, (a, b) => a.endsWith(b))],
  ['contains', text('contains(text, "part")', textTest, (a, b) => a.includes(b))],
  ['lower', text('lower(text)', oneText, (a) => a.toLowerCase())],
  ['upper', text('upper(text)', oneText, (a) => a.toUpperCase())],
  ['size', text('size(text)', { count: 1, result: 'number' }, codePointCount)],
]);

/** The CEL spelling of text functions: `email_domain.endsWith(".ru")`. */
export const methodNames: ReadonlyMap<string, string> = new Map([
  ['startsWith', 'starts_with'],
  ['endsWith', 'ends_with'],
  ['contains', 'contains'],
  ['size', 'size'],
]);

/** Names that the checker handles itself. */
export const specialFunctions = ['has', 'is_missing', 'in_list', 'coalesce', 'timestamp'] as const;

/** As CEL's math.round: halves go away from zero, so that round(-2.5) is -3. */
export function roundHalfAway(x: number): number {
  return Math.sign(x) * Math.round(Math.abs(x));
}

/**
 * The great-circle distance by the haversine formula.
 *
 * @param lat1, lon1, lat2, lon2  Degrees; latitudes outside [-90, 90] or longitudes outside [-180,
 *   180] give NaN.
 * @returns Kilometres, within 0.5 % of the distance on the ellipsoid.
 */
export function distanceKm(lat1: number, lon1: number, lat2: number, lon2: number): number {
  if (Math.abs(lat1) > 90 || Math.abs(lat2) > 90) return Number.NaN;
  if (Math.abs(lon1) > 180 || Math.abs(lon2) > 180) return Number.NaN;
  const radians = Math.PI / 180;
  const sinLat = Math.sin(((lat2 - lat1) * radians) / 2);
  const sinLon = Math.sin(((lon2 - lon1) * radians) / 2);
  const h = sinLat ** 2 + Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * sinLon ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** CEL counts code points, not UTF-16 units. */
function codePointCount(value: string): number {
  let count = 0;
  for (let index = 0; index < value.length; index += 1) {
    const unit = value.charCodeAt(index);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}
