import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { paymentMetricIds } from '#contracts/experiment.js';
import type { DecidedPayment } from '#experimentation/analysis/payment-metrics.js';
import { paymentValues } from '#experimentation/analysis/payment-metrics.js';
import { sumUnits } from '#experimentation/statistics/unit-sums.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import { idAt, LOG_NOON } from '#testing/log-records.js';
import { hasPostgresServer, PostgresServer } from '#store/postgres/private-postgres.js';
import { below, oneOf, seededRandom } from '#testing/seeded-random.js';
import { storeDecisions, type MadeDecision } from '#testing/stored-decisions.js';
import { Database } from './database.js';
import { heavyRead } from './heavy-read.js';
import { ExperimentSums, type ExposedUnits } from './experiment-sums.js';

const DAY_MS = 86_400_000;
const START = LOG_NOON;
const END = START + DAY_MS;
const economics = {
  margin_share: 0.03,
  fraud_loss_share: 1.3,
  challenge_cost_minor: 7,
  review_cost_minor: 250,
};
const query = {
  experimentId: 'new-model',
  since: new Date(START),
  until: new Date(END),
  currency: 'EUR',
  economics,
  unit: 'customer',
  startedAt: new Date(START),
};

interface Made extends MadeDecision {
  readonly outcomes: readonly string[];
  readonly labels: readonly string[];
  readonly exposure: NonNullable<MadeDecision['exposure']>;
}

const outcomes = [
  'authorized',
  'declined_by_issuer',
  'captured',
  'voided',
  'challenge_passed',
  'challenge_failed',
];

/** Decisions of some units, before and during the experiment, with all that can come of them. */
function randomDecisions(seed: number, units: number): Made[] {
  const random = seededRandom(seed);
  const some = (choices: readonly string[], most: number): string[] =>
    Array.from({ length: below(most + 1, random) }, () => oneOf(choices, random));
  return Array.from({ length: units }, (_, unit) => {
    const armId = oneOf(['control', 'b', 'c'], random);
    const forced = random() < 0.05;
    const wanders = random() < 0.15;
    return Array.from({ length: 1 + below(5, random) }, (_, nth): Made => {
      const timeMs = START - DAY_MS + below(3 * DAY_MS, random);
      return {
        id: idAt(timeMs, unit * 10 + nth),
        timeMs,
        customer: `u${unit}`,
        exposure: {
          armId: wanders ? oneOf(['control', 'b'], random) : armId,
          forced,
          experimentId: random() < 0.9 ? 'new-model' : 'other',
        },
        decision: oneOf(['approve', 'approve', 'challenge', 'review', 'decline'], random),
        amountMinor: below(100_000, random),
        currency: oneOf(['EUR', 'EUR', 'USD'], random),
        outcomes: some(outcomes, 2),
        labels: some(['fraud', 'legit', 'abuse', 'unknown'], 3),
      };
    });
  }).flat();
}

const wentThrough = ({ outcomes: reported, decision }: Made): boolean => {
  const last = reported.at(-1);
  if (last === undefined) return decision === 'approve';
  return ['authorized', 'captured', 'challenge_passed'].includes(last);
};

function paymentOf(made: Made): DecidedPayment {
  const label = made.labels.at(-1) ?? 'unknown';
  return {
    decision: made.decision,
    amountMinor: made.amountMinor,
    wentThrough: wentThrough(made),
    label: label === 'unknown' ? null : label === 'legit' ? 'legit' : 'fraud',
  };
}

/** What a unit is worth to each metric: rates of all decisions, money of those in euro. */
function valuesOf(decisions: readonly Made[]) {
  const worth = {
    marginShare: economics.margin_share,
    fraudLossShare: economics.fraud_loss_share,
    challengeCostMinor: economics.challenge_cost_minor,
    reviewCostMinor: economics.review_cost_minor,
  };
  const { approval_rate, challenge_rate, decline_rate } = paymentValues(
    decisions.map(paymentOf),
    worth,
  );
  const inEuro = decisions.filter(({ currency }) => currency === 'EUR');
  const money = paymentValues(inEuro.map(paymentOf), worth);
  return { ...money, approval_rate, challenge_rate, decline_rate };
}

/** The same as the database is asked for, row by row. */
function expectedOf(all: readonly Made[]): ExposedUnits {
  const counted = all.filter(
    ({ timeMs, exposure: { forced, experimentId } }) =>
      timeMs >= START && timeMs < END && !forced && experimentId === 'new-model',
  );
  const byUnit = Map.groupBy(counted, ({ customer }) => customer);
  const armsOf = (decisions: readonly Made[]) =>
    new Set(decisions.map(({ exposure }) => exposure.armId));
  const clean = [...byUnit].filter(([, decisions]) => armsOf(decisions).size === 1);
  const arms = [...Map.groupBy(clean, ([, decisions]) => decisions[0]!.exposure.armId)].map(
    ([armId, units]) => {
      const values = units.map(([unit, decisions]) => ({
        now: valuesOf(decisions),
        before: valuesOf(all.filter((one) => one.customer === unit && one.timeMs < START)),
      }));
      const metrics = paymentMetricIds.map((metricId) => {
        const {
          units: _units,
          covariate: _none,
          ...sums
        } = sumUnits(values.map(({ now }) => now[metricId]));
        const pairs = values.map(({ now, before }) => {
          const { numerator: n, denominator: d } = before[metricId];
          return { ...now[metricId], n, d };
        });
        const total = (of: (pair: (typeof pairs)[number]) => number) =>
          pairs.reduce((sum, pair) => sum + of(pair), 0);
        const history = {
          n: total(({ n }) => n),
          d: total(({ d }) => d),
          nn: total(({ n }) => n * n),
          dd: total(({ d }) => d * d),
          nd: total(({ n, d }) => n * d),
          numeratorN: total(({ numerator, n }) => numerator * n),
          numeratorD: total(({ numerator, d }) => numerator * d),
          denominatorN: total(({ denominator, n }) => denominator * n),
          denominatorD: total(({ denominator, d }) => denominator * d),
        };
        return [metricId, { ...sums, history }];
      });
      const decisions = units.reduce((sum, [, of]) => sum + of.length, 0);
      return { armId, units: units.length, decisions, metrics: Object.fromEntries(metrics) };
    },
  );
  return {
    arms: arms.toSorted((a, b) => (a.armId < b.armId ? -1 : 1)),
    unitsInTwoArms: byUnit.size - clean.length,
  };
}

type Leaf = readonly [path: string, value: unknown];

function leaves(value: unknown, path = ''): Leaf[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, entry]) => leaves(entry, `${path}/${name}`));
}

/** Where the two differ, numbers by more than their eleventh digit. */
function differences(actual: unknown, expected: unknown): Leaf[] {
  const found = new Map(leaves(actual));
  return leaves(expected).filter(([path, value]) => {
    const other = found.get(path);
    if (typeof value !== 'number' || typeof other !== 'number') return other !== value;
    return Math.abs(other - value) > 1e-11 * Math.max(1, Math.abs(value));
  });
}

const servers = [
  { name: 'PGlite', isHere: true, start: () => EmbeddedPostgres.start() },
  { name: 'PostgreSQL', isHere: hasPostgresServer(), start: () => PostgresServer.start() },
];

describe.each(servers.filter(({ isHere }) => isHere))('sums of an experiment in $name', (here) => {
  let server: { readonly url: string; stop(): Promise<void> };
  let database: Database;
  let sums: ExperimentSums;
  beforeAll(async () => {
    server = await here.start();
    database = await Database.open({
      url: server.url,
      connectionsMax: 4,
      onConnectionLost: () => undefined,
    });
    sums = new ExperimentSums(database.pool);
  });
  beforeEach(async () => {
    await database.pool.query('TRUNCATE decisions, exposures, outcomes, labels');
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  test.each([1, 2, 3])('are those of every unit, one by one: seed %i', async (seed) => {
    const all = randomDecisions(seed, 300);
    await storeDecisions(database.pool, all);
    const expected = expectedOf(all);
    expect(expected.unitsInTwoArms).toBeGreaterThan(0);
    expect(expected.arms.map(({ armId }) => armId)).toEqual(['b', 'c', 'control']);
    expect(differences(await sums.read(query), expected)).toEqual([]);
  });

  test('a unit without a column of its own has no history', async () => {
    const all = randomDecisions(4, 50);
    await storeDecisions(database.pool, all);
    const { arms } = await sums.read({ ...query, unit: 'email' });
    expect(arms[0]?.metrics.approval_rate.history).toBeNull();
    expect(arms[0]?.metrics.approval_rate.denominator).toBeGreaterThan(0);
  });

  test('an experiment that nobody saw has no arms', async () => {
    expect(await sums.read({ ...query, experimentId: 'nobody' })).toEqual({
      arms: [],
      unitsInTwoArms: 0,
    });
  });

  test('a read that fails leaves the database as it was', async () => {
    const failing = heavyRead(database.pool, (client) => client.query('SELECT 1 / 0'));
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    const writing = heavyRead(database.pool, (client) => client.query('DELETE FROM labels'));
    await expect(writing).rejects.toMatchObject({ code: '25006' });
    const { rows } = await database.pool.query(`SELECT current_setting('work_mem') AS memory`);
    expect(rows).toEqual([{ memory: '4MB' }]);
  });

  test('units that changed arms at a change of weights are counted', async () => {
    const since = new Date(START + DAY_MS / 2);
    const all = randomDecisions(5, 400);
    await storeDecisions(database.pool, all);
    const counted = all.filter(
      ({ timeMs, exposure: { forced, experimentId } }) =>
        timeMs >= START && !forced && experimentId === 'new-model',
    );
    const moved = [...Map.groupBy(counted, ({ customer }) => customer).values()].filter(
      (decisions) =>
        new Set(decisions.map(({ exposure }) => exposure.armId)).size > 1 &&
        decisions.some(({ timeMs }) => timeMs >= since.getTime()),
    );
    expect(moved.length).toBeGreaterThan(0);
    const { experimentId, startedAt } = query;
    expect(await sums.movedUnits({ experimentId, startedAt, since })).toBe(moved.length);
  });
});
