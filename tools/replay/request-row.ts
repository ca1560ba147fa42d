import { checked } from './mapped-row.js';
import type { ReadRow, RowReader } from './history-item.js';

const NUMBERS = new Set([
  'amount.value',
  'merchant.latitude',
  'merchant.longitude',
  'billing.latitude',
  'billing.longitude',
  'shipping.latitude',
  'shipping.longitude',
]);
const unlabelled = { isFraud: null, label: null };

/** A line of JSON that is a request already, such as the simulator writes. */
export function readRequest(body: unknown): ReadRow {
  const time = isObject(body) ? body['event_time'] : undefined;
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(timeMs)) return { ok: false, problem: 'event_time: a history needs a time' };
  return checked(body, { timeMs, ...unlabelled });
}

/** A CSV whose columns are the paths of the request's fields, such as the simulator writes. */
export function pathRowReader(columns: readonly string[]): RowReader {
  const places = columns.map((path) => {
    const dot = path.indexOf('.');
    const group = dot < 0 ? null : path.slice(0, dot);
    return { group, key: path.slice(dot + 1), isNumber: NUMBERS.has(path) };
  });
  return (row) => {
    const body: Record<string, unknown> = {};
    for (let index = 0; index < places.length; index += 1) {
      const text = row[index];
      const place = places[index];
      if (text === undefined || text === '' || place === undefined) continue;
      const value = place.isNumber ? Number(text) : text;
      if (place.group === null) body[place.key] = value;
      else ((body[place.group] ??= {}) as Record<string, unknown>)[place.key] = value;
    }
    return readRequest(body);
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
