import { expect, test } from 'vitest';
import { seededRandom } from '#testing/seeded-random.js';
import { compareMetric, type Compared } from '../analysis/compare-metric.js';
import { withHistory, type HistoryTotals } from './history-covariate.js';
import { sumUnits } from './unit-sums.js';

type Estimated = Extract<Compared, { kind: 'estimated' }>;

interface Unit {
  readonly numerator: number;
  readonly denominator: number;
  readonly n: number;
  readonly d: number;
}

/** Cards that are declined more or less often by nature, before and during the experiment. */
function cards(count: number, seed: number, effect = 0): Unit[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const nature = 0.4 * random() ** 3;
    const isNew = random() < 0.2;
    const declines = (payments: number, rate: number) =>
      Array.from({ length: payments }, () => (random() < rate ? 1 : 0)).reduce(
        (sum: number, one) => sum + one,
        0,
      );
    const d = isNew ? 0 : 1 + Math.floor(random() * 40);
    const denominator = 1 + Math.floor(random() * 20);
    return {
      numerator: declines(denominator, nature + effect),
      denominator,
      n: declines(d, nature),
      d,
    };
  });
}

function summed(units: readonly Unit[]) {
  const sum = (of: (unit: Unit) => number) => units.reduce((total, unit) => total + of(unit), 0);
  const { covariate: _none, ...sums } = sumUnits(
    units.map((unit) => ({ ...unit, covariate: null })),
  );
  const history: HistoryTotals = {
    n: sum(({ n }) => n),
    d: sum(({ d }) => d),
    nn: sum(({ n }) => n * n),
    dd: sum(({ d }) => d * d),
    nd: sum(({ n, d }) => n * d),
    numeratorN: sum(({ numerator, n }) => numerator * n),
    numeratorD: sum(({ numerator, d }) => numerator * d),
    denominatorN: sum(({ denominator, n }) => denominator * n),
    denominatorD: sum(({ denominator, d }) => denominator * d),
  };
  return { ...sums, history };
}

test('sums of sums are the sums of every unit and its covariate', () => {
  const arms = [cards(300, 1), cards(200, 2)];
  const all = arms.flat();
  const ratio = all.reduce((sum, { n }) => sum + n, 0) / all.reduce((sum, { d }) => sum + d, 0);
  const expected = arms.map((units) =>
    sumUnits(units.map((unit) => ({ ...unit, covariate: unit.n - ratio * unit.d }))),
  );
  for (const [nth, sums] of withHistory(arms.map(summed)).entries()) {
    const { covariate, ...rest } = expected[nth]!;
    expect(sums).toMatchObject(rest);
    for (const [name, value] of Object.entries(covariate!)) {
      expect(sums.covariate?.[name as keyof typeof covariate]).toBeCloseTo(value, 6);
    }
  }
});

test('history takes away variance and leaves the effect where it is', () => {
  const effect = 0.05;
  const arms = [cards(8_000, 3), cards(8_000, 4, effect)].map(summed);
  const [control, treatment] = withHistory(arms);
  const compare = (of: typeof control, other: typeof treatment) =>
    compareMetric(
      { control: of!, treatments: [{ armId: 'treatment', sums: other! }] },
      { alpha: 0.05, tuningUnits: 16_000 },
    )[0]!;
  const adjusted = compare(control, treatment);
  const raw = compare({ ...control!, covariate: null }, { ...treatment!, covariate: null });
  expect(raw.varianceReduction).toBeNull();
  expect(adjusted.varianceReduction).toBeGreaterThan(0.2);
  const [narrow, wide] = [adjusted, raw].map(({ absolute }) => absolute as Estimated);
  const shrunk = (narrow!.standardError / wide!.standardError) ** 2;
  expect(1 - shrunk).toBeCloseTo(adjusted.varianceReduction!, 10);
  expect(Math.abs(narrow!.estimate - effect)).toBeLessThan(4 * narrow!.standardError);
});

test('without any history there is no covariate', () => {
  const newcomers = cards(50, 5).map((card) => ({ ...card, n: 0, d: 0 }));
  expect(withHistory([summed(newcomers)])[0]!.covariate).toBeNull();
  expect(withHistory([{ ...summed(cards(50, 6)), history: null }])[0]!.covariate).toBeNull();
});
