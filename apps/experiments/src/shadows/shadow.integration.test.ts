import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#telemetry/clock.js';
import { ShadowQuery } from '#contracts/shadow-report.js';
import { Database } from '#store/postgres/database.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import { idAt, LOG_NOON } from '#testing/log-records.js';
import { seededRandom } from '#testing/seeded-random.js';
import { storeDecisions, type MadeDecision } from '#testing/stored-decisions.js';
import { openAnalyses, type Analyses } from '../analysis/analyses.js';

const DAY_MS = 86_400_000;
const PAIRS = 3_000;
const query = ShadowQuery.parse({
  from: new Date(LOG_NOON).toISOString(),
  to: new Date(LOG_NOON + DAY_MS).toISOString(),
  margin_share: '0.05',
});

let server: EmbeddedPostgres;
let database: Database;
let analyses: Analyses;

/** The shadow sees fraud more clearly than the champion, and both decline from 0.8 on. */
function pairsOf(): MadeDecision[] {
  const random = seededRandom(1);
  return Array.from({ length: PAIRS }, (_, nth): MadeDecision => {
    const timeMs = LOG_NOON + nth * 1_000;
    const fraud = random() < 0.08;
    const score = (skill: number) => Math.min(0.999, (fraud ? skill : 0) + random() * 0.6);
    const champion = score(0.25);
    const challenger = score(0.39);
    const declined = champion >= 0.8;
    const explored = declined && random() < 0.5;
    return {
      id: idAt(timeMs, nth),
      timeMs,
      decision: declined && !explored ? 'decline' : 'approve',
      amountMinor: 1_000 + Math.floor(random() * 9_000),
      currency: nth % 10 === 0 ? 'USD' : 'EUR',
      customer: `c${nth}`,
      probability: champion,
      labels: fraud && (!declined || explored) ? ['fraud'] : [],
      ...(declined ? { exploration: { letThrough: explored, propensity: 0.05 } } : {}),
      shadow: {
        shadowId: 'next',
        decision: challenger >= 0.8 ? 'decline' : 'approve',
        probability: nth === 7 ? null : challenger,
      },
    };
  });
}

const made = pairsOf();

beforeAll(async () => {
  server = await EmbeddedPostgres.start();
  database = await Database.open({
    url: server.url,
    connectionsMax: 2,
    onConnectionLost: () => undefined,
  });
  analyses = openAnalyses(database, new ManualClock(LOG_NOON + 10 * DAY_MS));
  await storeDecisions(database.pool, made);
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

const report = () => analyses.shadows.report('next', query);
const championDeclined = (one: MadeDecision) => one.exploration !== undefined;
const shadowDeclined = (one: MadeDecision) => one.shadow?.decision === 'decline';

test('who would change is counted as it is, explored declines as declines', async () => {
  const { transactions, agreement, swap_set: swap } = await report();
  expect(transactions).toMatchObject({ judged: PAIRS, sampled: PAIRS });
  expect(transactions.failed).toEqual({ MODEL_TIMEOUT: 1 });
  const newly = made.filter((one) => shadowDeclined(one) && !championDeclined(one));
  const noLonger = made.filter((one) => !shadowDeclined(one) && championDeclined(one));
  expect(swap.newly_declined.transactions).toBe(newly.length);
  expect(swap.no_longer_declined.transactions).toBe(noLonger.length);
  expect(swap.newly_declined.amount_minor).toBe(
    newly.reduce((sum, one) => sum + (one.currency === 'EUR' ? one.amountMinor : 0), 0),
  );
  expect(swap.newly_declined.fraud.transactions).toBe(
    newly.filter(({ labels }) => labels?.[0] === 'fraud').length,
  );
  expect(agreement.share).toBeCloseTo(1 - (newly.length + noLonger.length) / PAIRS, 12);
  expect(agreement.matrix.decline.decline).toBe(
    made.filter((one) => shadowDeclined(one) && championDeclined(one)).length,
  );
});

test('the better model is found to rank better, to be right more often and to be worth more', async () => {
  const found = await report();
  expect(found.ranking?.low).toBeGreaterThan(0);
  expect(found.right_at_decline.challenger_only).toBeGreaterThan(
    found.right_at_decline.champion_only,
  );
  expect(found.right_at_decline.mcnemar_mid_p).toBeLessThan(0.001);
  expect(found.net_value?.low).toBeGreaterThan(0);
  expect(found.calibration?.challenger.bins).toHaveLength(10);
  expect(found.score_drift?.population_stability_index).toBeGreaterThan(0);
  expect(found.latency.challenger).toEqual({
    model_ms: { p50: 0.5, p99: 0.5 },
    rules_ms: { p50: expect.closeTo(0.05, 6), p99: expect.closeTo(0.05, 6) },
  });
  expect(found.sentence).toContain('it ranks better (+');
  expect(found.sentence).toContain('it is worth +');
});

test('the same question has the same answer', async () => {
  expect(await report()).toEqual(await report());
});

test('what is not known is said', async () => {
  const { caveats } = await report();
  expect(caveats.join(' ')).toContain('exploration tells');
  expect(caveats.join(' ')).toContain('How many labels are still to come is unknown');
});

test('a shadow that judged nothing is not found', async () => {
  await expect(analyses.shadows.report('nobody', query)).rejects.toMatchObject({
    code: 'SHADOW_NOT_FOUND',
  });
});
