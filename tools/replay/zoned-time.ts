const HOUR_MS = 3_600_000;
const OFFSETS_MAX = 100_000;

/**
 * A reader of times to epoch milliseconds; NaN where the text is no time.
 *
 * @param zone  For texts without zone: `UTC`, an offset such as `+02:00`, or an IANA name.
 */
export function timeReader(unit: 'iso' | 's' | 'ms', zone: string): (text: string) => number {
  if (unit === 's') return (text) => (text === '' ? Number.NaN : Math.round(Number(text) * 1000));
  if (unit === 'ms') return (text) => (text === '' ? Number.NaN : Number(text));
  const local = localReader(zone);
  return (text) => {
    // "2018-04-01 00:00:31" is as common as the T of the standard.
    const iso = text.charCodeAt(10) === 32 ? `${text.slice(0, 10)}T${text.slice(11)}` : text;
    return hasZone(iso) ? Date.parse(iso) : local(iso);
  };
}

function hasZone(iso: string): boolean {
  return iso.endsWith('Z') || /[+-]\d{2}:?\d{2}$/.test(iso.slice(10));
}

function localReader(zone: string): (iso: string) => number {
  if (zone === 'UTC') return (iso) => Date.parse(iso.length === 10 ? iso : `${iso}Z`);
  if (/^[+-]\d{2}:\d{2}$/.test(zone)) {
    return (iso) => Date.parse(iso.length === 10 ? `${iso}T00:00:00${zone}` : `${iso}${zone}`);
  }
  const offsetAt = zoneOffsets(zone);
  return (iso) => {
    const wallMs = Date.parse(iso.length === 10 ? iso : `${iso}Z`);
    if (Number.isNaN(wallMs)) return wallMs;
    // The offset at the wall time read as UTC is right except near a change of clocks; the second
    // look mends that.
    return wallMs - offsetAt(wallMs - offsetAt(wallMs));
  };
}

/** How far the zone is ahead of UTC, in ms; kept per hour, since asking costs microseconds. */
function zoneOffsets(zone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  const known = new Map<number, number>();
  return (timeMs) => {
    const hour = Math.floor(timeMs / HOUR_MS);
    const seen = known.get(hour);
    if (seen !== undefined) return seen;
    const part = format.formatToParts(hour * HOUR_MS).find(({ type }) => type === 'timeZoneName');
    const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(part?.value ?? '') ?? [];
    const sizeMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
    const offsetMs = sign === '-' ? -sizeMs : sizeMs;
    if (known.size >= OFFSETS_MAX) known.clear();
    known.set(hour, offsetMs);
    return offsetMs;
  };
}
