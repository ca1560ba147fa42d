const MS_PER_DAY = 86_400_000;
const MS_PER_HOUR = 3_600_000;
const MS_PER_MINUTE = 60_000;
/** Days remembered per zone: a replay in time order needs one, live traffic a few. */
const CACHED_DAYS = 64;

/**
 * The calendar of one IANA zone. `Intl` costs microseconds a call, so the offset is looked up once
 * per UTC day (and the instant of the change is searched on the two days a year that have one);
 * everything else is arithmetic.
 */
export class ZoneClock {
  private readonly days = new Float64Array(CACHED_DAYS).fill(Number.NaN);
  private readonly changes = new Float64Array(CACHED_DAYS);
  private readonly before = new Float64Array(CACHED_DAYS);
  private readonly after = new Float64Array(CACHED_DAYS);

  private constructor(
    readonly zone: string,
    private readonly format: Intl.DateTimeFormat | null,
  ) {}

  /** @returns null when the runtime knows no such zone. */
  static of(zone: string): ZoneClock | null {
    const known = clocks.get(zone);
    if (known !== undefined) return known;
    try {
      const clock = new ZoneClock(zone, zone === 'UTC' ? null : createFormat(zone));
      clocks.set(zone, clock);
      return clock;
    } catch {
      // A RangeError is how Intl says that it does not know the zone.
      return null;
    }
  }

  /** @returns 0-23, NaN for a missing time. */
  hour(ms: number): number {
    const local = ms + this.offsetMs(ms);
    return Math.floor((local - Math.floor(local / MS_PER_DAY) * MS_PER_DAY) / MS_PER_HOUR);
  }

  /** @returns 0-1439, NaN for a missing time. */
  minuteOfDay(ms: number): number {
    const local = ms + this.offsetMs(ms);
    return Math.floor((local - Math.floor(local / MS_PER_DAY) * MS_PER_DAY) / MS_PER_MINUTE);
  }

  /** @returns 1 for Monday to 7 for Sunday (ISO 8601), NaN for a missing time. */
  dayOfWeek(ms: number): number {
    const day = Math.floor((ms + this.offsetMs(ms)) / MS_PER_DAY);
    // 1970-01-01 was a Thursday, the fourth day.
    return ((((day + 3) % 7) + 7) % 7) + 1;
  }

  /** @returns 1-31, NaN for a missing time. */
  dayOfMonth(ms: number): number {
    return new Date(ms + this.offsetMs(ms)).getUTCDate();
  }

  /** @returns 1-12, NaN for a missing time. */
  month(ms: number): number {
    return new Date(ms + this.offsetMs(ms)).getUTCMonth() + 1;
  }

  /** What to add to UTC to get the local time, in ms; NaN for a missing time. */
  offsetMs(ms: number): number {
    if (this.format === null) return 0;
    const day = Math.floor(ms / MS_PER_DAY);
    if (day !== day) return Number.NaN;
    const entry = ((day % CACHED_DAYS) + CACHED_DAYS) % CACHED_DAYS;
    if (this.days[entry] !== day) this.remember(entry, day);
    return ms < this.changes[entry]! ? this.before[entry]! : this.after[entry]!;
  }

  private remember(entry: number, day: number): void {
    let low = day * MS_PER_DAY;
    let high = low + MS_PER_DAY;
    const before = this.offsetByIntl(low);
    const after = this.offsetByIntl(high);
    if (before !== after) {
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (this.offsetByIntl(middle) === before) low = middle;
        else high = middle;
      }
    }
    this.days[entry] = day;
    this.changes[entry] = before === after ? Number.POSITIVE_INFINITY : high;
    this.before[entry] = before;
    this.after[entry] = after;
  }

  private offsetByIntl(ms: number): number {
    const fields = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const part of this.format!.formatToParts(ms)) {
      if (part.type in fields) fields[part.type as keyof typeof fields] = Number(part.value);
    }
    const { year, month, day, hour, minute, second } = fields;
    const wholeSecond = Math.floor(ms / 1000) * 1000;
    return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecond;
  }
}

/** The runtime knows about 600 zones, which bounds this. */
const clocks = new Map<string, ZoneClock>();

function createFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}
