import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeLabels,
  encodeLabels,
  EVENT_LABELS_MAX,
  flagsInForce,
  withLabel,
  type EventLabel,
} from './event-labels.js';
import { FLAG_FRAUD, FLAG_LEGIT } from './event-record.js';

const [strong, weak] = [50, 30];
let nextId = 0;
const said = (strength: number, label: EventLabel['label'], saidAtMs: number): EventLabel => {
  nextId += 1;
  return { id: nextId, strength, label, saidAtMs };
};
const inForce = (labels: readonly EventLabel[]): number =>
  flagsInForce(labels.reduce(withLabel, [] as readonly EventLabel[]));

describe('the label in force', () => {
  const cases: readonly (readonly [string, readonly EventLabel[], number])[] = [
    ['none', [], 0],
    ['one', [said(weak, 'fraud', 1)], FLAG_FRAUD],
    ['a correction', [said(weak, 'fraud', 1), said(weak, 'legit', 2)], FLAG_LEGIT],
    ['a correction that came first', [said(weak, 'legit', 2), said(weak, 'fraud', 1)], FLAG_LEGIT],
    ['a weaker source, later', [said(strong, 'fraud', 1), said(weak, 'legit', 9)], FLAG_FRAUD],
    ['a stronger source, earlier', [said(weak, 'legit', 9), said(strong, 'fraud', 1)], FLAG_FRAUD],
    ['taken back', [said(weak, 'fraud', 1), said(weak, 'unknown', 2)], 0],
    [
      'a stronger one taken back',
      [said(weak, 'legit', 1), said(strong, 'fraud', 2), said(strong, 'unknown', 3)],
      FLAG_LEGIT,
    ],
    ['said at the same time', [said(weak, 'fraud', 1), said(weak, 'legit', 1)], FLAG_LEGIT],
  ];
  test.each(cases)('%s', (_, labels, flags) => {
    expect(inForce(labels)).toBe(flags);
  });
});

const anyLabels = fc.uniqueArray(
  fc.record({
    id: fc.nat({ max: 2 ** 32 - 1 }),
    strength: fc.constantFrom(10, 20, 30, 40, 50),
    label: fc.constantFrom('fraud', 'legit', 'unknown'),
    saidAtMs: fc.nat({ max: 2 ** 48 - 1 }),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
);

test('in any order, and each any number of times, labels come to the same', () => {
  fc.assert(
    fc.property(anyLabels, fc.infiniteStream(fc.nat()), (labels, dice) => {
      const times = labels.map(({ saidAtMs }) => saidAtMs);
      fc.pre(new Set(times).size === times.length);
      const keyed = [...labels, ...labels].map((label) => ({ label, key: dice.next().value }));
      const shuffled = keyed.toSorted((a, b) => a.key - b.key).map(({ label }) => label);
      expect(inForce(shuffled)).toBe(inForce(labels));
    }),
  );
});

test('labels are read as they were written', () => {
  fc.assert(
    fc.property(anyLabels, (labels) => {
      expect(decodeLabels(encodeLabels(labels))).toEqual(labels);
    }),
  );
});

test('beyond the bound, what was superseded is forgotten, and what is in force stays', () => {
  const first = said(strong, 'fraud', 1);
  let labels: readonly EventLabel[] = [first];
  for (let time = 2; time < 100; time += 1) labels = withLabel(labels, said(weak, 'legit', time));
  expect(labels).toHaveLength(EVENT_LABELS_MAX);
  expect(flagsInForce(labels)).toBe(FLAG_FRAUD);
  expect(labels).toContain(first);
});
