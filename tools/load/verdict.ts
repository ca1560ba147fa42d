import type { LoadFigures } from './recorder.js';
import type { Thresholds } from './scenario.js';

export interface ThresholdResult {
  readonly name: string;
  readonly limit: string;
  readonly measured: string;
  readonly passed: boolean;
}

type Measured = Pick<LoadFigures, 'completed' | 'failed' | 'dropped' | 'latencyMs'>;

/**
 * Holds the figures of a run against the thresholds of its scenario. A run without a reply passes
 * none.
 */
export function judge(figures: Measured, thresholds: Thresholds): ThresholdResult[] {
  const { completed, failed, dropped, latencyMs } = figures;
  const failedShare = completed === 0 ? 1 : failed / completed;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const share = (value: number): string => `${(value * 100).toFixed(3)} %`;
  const rows: [string, number | undefined, number, (value: number) => string][] = [
    ['p99', thresholds.p99Ms, latencyMs.p99, ms],
    ['p99.9', thresholds.p999Ms, latencyMs.p999, ms],
    ['failed', thresholds.failedShareMax, failedShare, share],
    ['dropped', thresholds.droppedMax, dropped, String],
  ];
  return rows.flatMap(([name, limit, measured, show]) =>
    limit === undefined
      ? []
      : [
          {
            name,
            limit: `at most ${show(limit)}`,
            measured: show(measured),
            passed: completed > 0 && measured <= limit,
          },
        ],
  );
}
