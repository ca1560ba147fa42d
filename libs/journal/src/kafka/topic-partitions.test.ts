import { expect, test } from 'vitest';
import { startOffset } from './topic-partitions.js';

const at = (sequence: number) => ({ sequence, timeMs: 0 });

test.each([
  { name: 'nothing stored', stored: null, first: 3n, end: 9n, offset: 3n },
  { name: 'the next is there', stored: at(4), first: 3n, end: 9n, offset: 5n },
  { name: 'all is stored', stored: at(8), first: 3n, end: 9n, offset: 9n },
  { name: 'all is stored and removed', stored: at(8), first: 9n, end: 9n, offset: 9n },
  { name: 'the next is the first', stored: at(2), first: 3n, end: 9n, offset: 3n },
])('$name: reading begins there, and nothing is missing', ({ stored, first, end, offset }) => {
  expect(startOffset(stored, { first, end })).toEqual({ offset, problem: null });
});

test.each([
  { name: 'retention was faster', stored: at(4), first: 7n, end: 9n, says: 'offsets 5 to 6' },
  { name: 'brokers lost the end', stored: at(9), first: 3n, end: 9n, says: 'offset 9 was stored' },
])('$name: it is said, and reading begins with what there is', ({ stored, first, end, says }) => {
  const start = startOffset(stored, { first, end });
  expect(start.offset).toBe(first);
  expect(start.problem).toContain(says);
});
