import fc from 'fast-check';
import { expect, test } from 'vitest';

import { DeadlineQueue } from './deadline-queue.js';

interface NumberedJob {
  readonly id: number;
  readonly rows: number;
  readonly deadlineMs: number;
}

test('jobs leave by deadline, equal deadlines by arrival, and rows are counted exactly', () => {
  const arrivals = fc.array(
    fc.record({ deadlineMs: fc.integer({ min: 0, max: 9 }), rows: fc.integer({ min: 1, max: 9 }) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(arrivals, (wanted) => {
      const queue = new DeadlineQueue<NumberedJob>();
      const jobs = wanted.map((job, id) => ({ ...job, id }));
      jobs.forEach((job) => queue.push(job, job.id));
      expect(queue.rows).toBe(jobs.reduce((sum, job) => sum + job.rows, 0));
      expect(queue.oldestArrivalMs()).toBe(jobs.length === 0 ? Infinity : 0);
      const left: NumberedJob[] = [];
      for (let job = queue.pop(); job !== undefined; job = queue.pop()) left.push(job);
      expect(left).toEqual(jobs.sort((a, b) => a.deadlineMs - b.deadlineMs || a.id - b.id));
      expect(queue.rows).toBe(0);
    }),
  );
});

test('pushes between pops keep the order', () => {
  const queue = new DeadlineQueue<NumberedJob>();
  const push = (id: number, deadlineMs: number) => queue.push({ id, rows: 1, deadlineMs }, id);
  push(0, 30);
  push(1, 10);
  expect(queue.pop()?.id).toBe(1);
  push(2, 20);
  push(3, 30);
  expect([queue.pop()?.id, queue.pop()?.id, queue.pop()?.id]).toEqual([2, 0, 3]);
  expect(queue.pop()).toBeUndefined();
});
