import { build, type Histogram } from 'hdr-histogram-js';
import type { Reply } from './connection.js';

const US_PER_MS = 1_000;
const LATENCY_US_MAX = 60_000_000;
const DIGITS = 3;

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
}

/** One second of a run; latencies in ms, NaN where nothing came back. */
export interface TimelinePoint {
  readonly second: number;
  readonly due: number;
  readonly completed: number;
  readonly failed: number;
  readonly degraded: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadFigures {
  readonly due: number;
  readonly completed: number;
  /** Answered with anything but 200, or not at all. */
  readonly failed: number;
  readonly degraded: number;
  /** Never sent, because too many were waiting already. */
  readonly dropped: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** From the moment a request was due, ms. */
  readonly latencyMs: Percentiles;
  /** From the moment it was written to a socket, ms. */
  readonly serviceMs: Percentiles;
  /** How late the generator itself was, ms. */
  readonly latenessMs: Percentiles;
  /** Pairs of (share of requests, latency in ms) along the distribution. */
  readonly distribution: readonly (readonly [number, number])[];
  readonly timeline: readonly TimelinePoint[];
}

interface Second {
  due: number;
  completed: number;
  failed: number;
  degraded: number;
}

const histogram = (): Histogram =>
  build({
    bitBucketSize: 64,
    highestTrackableValue: LATENCY_US_MAX,
    lowestDiscernibleValue: 1,
    numberOfSignificantValueDigits: DIGITS,
  });

/**
 * Counts replies and keeps latencies in HDR histograms, for the whole run and by the second they
 * were due in.
 */
export class Recorder {
  private readonly latency = histogram();
  private readonly service = histogram();
  private readonly lateness = histogram();
  private readonly bySecond = new Map<number, { counts: Second; latenciesUs: number[] }>();
  private readonly statuses: Record<string, number> = {};
  private readonly totals: Second = { due: 0, completed: 0, failed: 0, degraded: 0 };
  private droppedCount = 0;

  get completed(): number {
    return this.totals.completed;
  }

  get failed(): number {
    return this.totals.failed;
  }

  get dropped(): number {
    return this.droppedCount;
  }

  p99Ms(): number {
    return this.latency.getValueAtPercentile(99) / US_PER_MS;
  }

  due(dueMs: number): void {
    this.totals.due += 1;
    this.secondOf(dueMs).counts.due += 1;
  }

  drop(): void {
    this.droppedCount += 1;
  }

  sent(latenessMs: number): void {
    this.lateness.recordValue(toUs(latenessMs));
  }

  reply(reply: Reply, times: { dueMs: number; sentMs: number; doneMs: number }): void {
    const latencyUs = toUs(times.doneMs - times.dueMs);
    this.latency.recordValue(latencyUs);
    this.service.recordValue(toUs(times.doneMs - times.sentMs));
    const second = this.secondOf(times.dueMs);
    second.latenciesUs.push(latencyUs);
    const status = reply.status === 0 ? 'no reply' : String(reply.status);
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    for (const counts of [this.totals, second.counts]) {
      counts.completed += 1;
      if (reply.status !== 200) counts.failed += 1;
      if (reply.degraded) counts.degraded += 1;
    }
  }

  figures(): LoadFigures {
    return {
      ...this.totals,
      dropped: this.droppedCount,
      statuses: this.statuses,
      latencyMs: percentilesOf(this.latency),
      serviceMs: percentilesOf(this.service),
      latenessMs: percentilesOf(this.lateness),
      distribution: distributionOf(this.latency),
      timeline: this.timeline(),
    };
  }

  private secondOf(dueMs: number): { counts: Second; latenciesUs: number[] } {
    const second = Math.floor(dueMs / 1_000);
    let found = this.bySecond.get(second);
    if (found === undefined) {
      found = { counts: { due: 0, completed: 0, failed: 0, degraded: 0 }, latenciesUs: [] };
      this.bySecond.set(second, found);
    }
    return found;
  }

  private timeline(): TimelinePoint[] {
    return [...this.bySecond].map(([second, { counts, latenciesUs }]) => {
      const sorted = Float64Array.from(latenciesUs).sort();
      const at = (share: number): number =>
        (sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN) / US_PER_MS;
      return { second, ...counts, p50: at(0.5), p99: at(0.99), max: at(1) };
    });
  }
}

function toUs(ms: number): number {
  return Math.min(LATENCY_US_MAX, Math.max(0, Math.round(ms * US_PER_MS)));
}

function percentilesOf(values: Histogram): Percentiles {
  const at = (percentile: number): number => values.getValueAtPercentile(percentile) / US_PER_MS;
  return {
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    max: values.maxValue / US_PER_MS,
    mean: values.totalCount === 0 ? 0 : values.mean / US_PER_MS,
  };
}

/**
 * Points at 1 − 2^(−k/4): as close together near 1 as near 0 when drawn over the logarithm of the
 * rest.
 */
function distributionOf(values: Histogram): [number, number][] {
  const points: [number, number][] = [];
  for (let quarter = 0; quarter <= 80; quarter += 1) {
    const share = 1 - 2 ** (-quarter / 4);
    // A percentile beyond the count of requests would only repeat the maximum.
    if ((1 - share) * values.totalCount < 1) break;
    points.push([share, values.getValueAtPercentile(share * 100) / US_PER_MS]);
  }
  return points;
}
