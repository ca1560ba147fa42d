import { expect, test } from 'vitest';
import type { LabelAges, LabelHistory } from '#store/postgres/label-history.js';
import { LabelMaturity } from './label-maturity.js';

const MINUTE_MS = 60_000;

function maturityOf(ages: LabelAges['ages']) {
  let asked = 0;
  const history = {
    ages: () => {
      asked += 1;
      return Promise.resolve({ ages, sampled: 1 });
    },
  } as unknown as LabelHistory;
  return { maturity: new LabelMaturity(history), asked: () => asked };
}

/** Half of the labels come after 5 days, the others after 40; decisions are 60 days old. */
const known = [
  { ageDays: 5, labelled: true, decisions: 10 },
  { ageDays: 40, labelled: true, decisions: 10 },
  { ageDays: 60, labelled: false, decisions: 10_000 },
];

test('young decisions miss the labels that come late', async () => {
  const { maturity } = maturityOf(known);
  expect(await maturity.shareKnown([{ ageDays: 2, decisions: 100 }], 0)).toBe(0);
  expect(await maturity.shareKnown([{ ageDays: 10, decisions: 100 }], 0)).toBeCloseTo(0.5, 2);
  expect(await maturity.shareKnown([{ ageDays: 60, decisions: 100 }], 0)).toBe(1);
});

test('nothing is said of a history without labels, or too short for late ones', async () => {
  const ages = [{ ageDays: 2, decisions: 100 }];
  const unlabelled = maturityOf([{ ageDays: 60, labelled: false, decisions: 100 }]);
  expect(await unlabelled.maturity.shareKnown(ages, 0)).toBeNull();
  const young = maturityOf([
    { ageDays: 1, labelled: true, decisions: 10 },
    { ageDays: 10, labelled: false, decisions: 100 },
  ]);
  expect(await young.maturity.shareKnown(ages, 0)).toBeNull();
  expect(await maturityOf(known).maturity.shareKnown([], 0)).toBeNull();
});

test('the curve is read anew after some minutes only', async () => {
  const { maturity, asked } = maturityOf(known);
  for (const minutes of [0, 1, 4, 6]) {
    await maturity.shareKnown([{ ageDays: 2, decisions: 1 }], minutes * MINUTE_MS);
  }
  expect(asked()).toBe(2);
});
