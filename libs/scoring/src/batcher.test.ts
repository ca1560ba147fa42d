import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Batcher, type BatcherOptions, type Lane, type LaneJob } from './batcher.js';

const options: BatcherOptions = {
  batchRowsMax: 16,
  batchRowsStart: 8,
  maxDelayMs: 0,
  laneRowsMax: 40,
  inferenceBudgetMs: 6,
  reserveMs: 1,
};

interface TestJob extends LaneJob {
  readonly id: number;
}

let ids = 0;
const job = (deadlineMs: number, lane: Lane = 'score', rows = 1): TestJob => {
  ids += 1;
  return { id: ids, lane, rows, deadlineMs };
};
const batcherOf = (change: Partial<BatcherOptions> = {}) =>
  new Batcher<TestJob>({ ...options, ...change });

describe('admission', () => {
  test('a job whose deadline has passed is too late', () => {
    expect(batcherOf().offer(job(10), 10)).toBe('too_late');
  });

  test('a full lane refuses, the other lanes do not', () => {
    const batcher = batcherOf({ laneRowsMax: 3 });
    expect(batcher.offer(job(50, 'score', 2), 0)).toBe('queued');
    expect(batcher.offer(job(50, 'score', 2), 0)).toBe('overloaded');
    expect(batcher.offer(job(50, 'score', 1), 0)).toBe('queued');
    expect(batcher.offer(job(50, 'explanation', 3), 0)).toBe('queued');
  });
});

describe('what runs next', () => {
  test('without a delay a single score runs at once', () => {
    const batcher = batcherOf();
    const only = job(50);
    batcher.offer(only, 0);
    expect(batcher.next(0)).toEqual({ shed: [], jobs: [only], rows: 1, askAgainMs: Infinity });
    expect(batcher.isEmpty).toBe(true);
  });

  test('scores run before explanations, explanations before bulk work', () => {
    const batcher = batcherOf();
    const wanted = [job(50, 'bulk'), job(50, 'explanation'), job(90, 'score')];
    for (const one of wanted) batcher.offer(one, 0);
    const order = [batcher.next(0), batcher.next(0), batcher.next(0)];
    expect(order.map((plan) => plan.jobs[0]?.lane)).toEqual(['score', 'explanation', 'bulk']);
  });

  test('a batch takes no more rows than the limit, the earliest deadlines first', () => {
    const batcher = batcherOf();
    const jobs = Array.from({ length: 12 }, (_, i) => job(100 - i));
    for (const one of jobs) batcher.offer(one, 0);
    const plan = batcher.next(0);
    expect(plan.jobs.map((one) => one.deadlineMs)).toEqual([89, 90, 91, 92, 93, 94, 95, 96]);
    expect(batcher.waitingRows('score')).toBe(4);
  });

  test('a job larger than the limit runs alone', () => {
    const batcher = batcherOf();
    batcher.offer(job(10, 'explanation', 20), 0);
    batcher.offer(job(20, 'explanation', 1), 0);
    expect(batcher.next(0).rows).toBe(20);
    expect(batcher.next(0).rows).toBe(1);
  });

  test('jobs without a deadline run in order of arrival', () => {
    const batcher = batcherOf();
    const jobs = [job(Infinity, 'bulk', 8), job(Infinity, 'bulk', 8)];
    for (const one of jobs) batcher.offer(one, 0);
    expect([batcher.next(0).jobs[0], batcher.next(0).jobs[0]]).toEqual(jobs);
  });
});

describe('shedding', () => {
  const slowBatcher = (nowMs: number) => {
    const batcher = batcherOf();
    for (let i = 0; i < 40; i += 1) batcher.finish(1, 30, nowMs);
    return batcher;
  };

  test('a score that the estimate gives up is shed, those behind it run', () => {
    const batcher = slowBatcher(1_000);
    const doomed = job(1_020);
    const possible = job(1_060);
    batcher.offer(doomed, 1_000);
    batcher.offer(possible, 1_000);
    expect(batcher.next(1_000)).toMatchObject({ shed: [doomed], jobs: [possible] });
  });

  test('one slow run in a hundred does not shed what has the time of the others', () => {
    const batcher = batcherOf();
    for (let i = 0; i < 200; i += 1) batcher.finish(1, i % 100 === 0 ? 60 : 0.1, 1_000);
    batcher.offer(job(1_010), 1_000);
    expect(batcher.next(1_000).jobs).toHaveLength(1);
  });

  test('after 100 ms without a run one is tried whatever the estimate says', () => {
    const batcher = slowBatcher(1_000);
    batcher.offer(job(1_120), 1_101);
    expect(batcher.next(1_101).jobs).toHaveLength(1);
  });

  test('expire takes exactly the jobs whose deadline has passed', () => {
    const batcher = batcherOf();
    const early = [job(5), job(10, 'explanation')];
    for (const one of [...early, job(11)]) batcher.offer(one, 0);
    expect(batcher.expire(10)).toEqual(early);
    expect(batcher.nextDeadlineMs).toBe(11);
  });
});

describe('waiting for company', () => {
  const waiting = { maxDelayMs: 2 };
  /** Arrivals at a steady rate until `untilMs`; only the last one is left waiting. */
  const arriveEvery = (batcher: Batcher<TestJob>, gapMs: number, untilMs: number) => {
    for (let left = Math.round(untilMs / gapMs); left >= 0; left -= 1) {
      const nowMs = untilMs - left * gapMs;
      batcher.offer(job(nowMs + 50), nowMs);
      if (left > 0) batcher.next(nowMs + 10_000);
    }
  };

  test('scores that arrive quickly wait, at most the delay', () => {
    const batcher = batcherOf(waiting);
    for (let i = 0; i < 50; i += 1) batcher.finish(1 + (i % 8), 3 + 0.01 * (1 + (i % 8)), 0);
    arriveEvery(batcher, 0.01, 1);
    const first = batcher.next(1);
    expect(first.jobs).toEqual([]);
    expect(first.askAgainMs).toBeLessThanOrEqual(3);
    expect(batcher.next(first.askAgainMs).jobs).toHaveLength(1);
  });

  test('a full batch does not wait', () => {
    const batcher = batcherOf(waiting);
    for (let i = 0; i < 8; i += 1) batcher.offer(job(50), 0);
    expect(batcher.next(0).rows).toBe(8);
  });

  test('a score does not wait for company that is unlikely to come', () => {
    const batcher = batcherOf(waiting);
    arriveEvery(batcher, 20, 100);
    expect(batcher.next(100).jobs).toHaveLength(1);
  });

  test('a near deadline ends the wait', () => {
    const batcher = batcherOf({ maxDelayMs: 10 });
    for (let i = 0; i < 50; i += 1) batcher.finish(1 + (i % 8), 3 + 0.01 * (1 + (i % 8)), 0);
    arriveEvery(batcher, 0.01, 1);
    batcher.offer(job(6.5), 1.01);
    const plan = batcher.next(1.01);
    expect(plan.jobs).toEqual([]);
    // 6.5 less the reserve of 1 and a run of about 3.
    expect(plan.askAgainMs).toBeLessThan(2.5);
  });
});

describe('a simulated worker', () => {
  interface Arrival {
    readonly gapMs: number;
    readonly lane: Lane;
    readonly rows: number;
    readonly budgetMs: number;
  }
  const arrivals = fc.array(
    fc.record<Arrival>({
      gapMs: fc.double({ min: 0, max: 4, noNaN: true }),
      lane: fc.constantFrom('score', 'explanation', 'bulk'),
      rows: fc.integer({ min: 1, max: 20 }),
      budgetMs: fc.constantFrom(0, 1, 5, 50, Infinity),
    }),
    { maxLength: 120 },
  );
  const service = fc.record({
    batchMs: fc.double({ min: 0, max: 3, noNaN: true }),
    rowMs: fc.double({ min: 0, max: 0.5, noNaN: true }),
    maxDelayMs: fc.constantFrom(0, 1, 5),
  });

  test('every job is answered once, no batch is too large or late, and none waits without need', () => {
    fc.assert(
      fc.property(arrivals, service, (stream, { batchMs, rowMs, maxDelayMs }) => {
        const batcher = batcherOf({ maxDelayMs });
        const answered = new Map<number, number>();
        const answer = (one: TestJob) => answered.set(one.id, (answered.get(one.id) ?? 0) + 1);
        const waits: number[] = [];
        let freeMs = 0;

        /**
         * Lets the worker do what it can until a time; the plan's own wish to be asked again is the
         * only other event.
         */
        const workUntil = (untilMs: number) => {
          let nowMs = freeMs;
          while (nowMs <= untilMs && !batcher.isEmpty) {
            const limit = batcher.batchRowsLimit;
            const plan = batcher.next(nowMs);
            plan.shed.forEach(answer);
            if (plan.jobs.length === 0) {
              if (!Number.isFinite(plan.askAgainMs)) break;
              waits.push(plan.askAgainMs - nowMs);
              nowMs = plan.askAgainMs;
              continue;
            }
            plan.jobs.forEach(answer);
            expect(plan.jobs.length === 1 || plan.rows <= limit).toBe(true);
            expect(plan.rows).toBe(plan.jobs.reduce((sum, one) => sum + one.rows, 0));
            expect(plan.jobs.every((one) => one.deadlineMs > nowMs)).toBe(true);
            expect(new Set(plan.jobs.map((one) => one.lane)).size).toBe(1);
            const deadlines = plan.jobs.map((one) => one.deadlineMs);
            expect(deadlines).toEqual([...deadlines].sort((a, b) => a - b));
            expect(batcher.nextDeadlineMs).toSatisfy(
              (next: number) => plan.jobs[0]?.lane !== 'bulk' || next >= (deadlines.at(-1) ?? 0),
            );
            const durationMs = batchMs + rowMs * plan.rows;
            nowMs += durationMs;
            batcher.finish(plan.rows, durationMs, nowMs);
          }
          freeMs = Math.max(nowMs, untilMs);
        };

        let nowMs = 0;
        const jobs: TestJob[] = [];
        for (const { gapMs, lane, rows, budgetMs } of stream) {
          nowMs += gapMs;
          workUntil(nowMs);
          const one = job(nowMs + budgetMs, lane, rows);
          jobs.push(one);
          const admission = batcher.offer(one, nowMs);
          if (admission !== 'queued') answer(one);
          expect(admission === 'too_late').toBe(budgetMs === 0);
          expect(batcher.waitingRows(lane)).toBeLessThanOrEqual(options.laneRowsMax);
        }
        workUntil(Number.MAX_SAFE_INTEGER);
        batcher.clear().forEach(answer);
        expect(jobs.map((one) => answered.get(one.id))).toEqual(jobs.map(() => 1));
        expect(batcher.isEmpty).toBe(true);
        // Times are sums of doubles: a wait may come out an ulp too long.
        expect(waits.every((waitMs) => waitMs > 0 && waitMs <= maxDelayMs + 1e-9)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
