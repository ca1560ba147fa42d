import { afterAll, beforeAll, expect, test } from 'vitest';
import { exploreDecline } from '#experimentation/assignment/explore-decline.js';
import { ManualClock } from '#telemetry/clock.js';
import { Database } from '#store/postgres/database.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import { idAt, LOG_NOON } from '#testing/log-records.js';
import { seededRandom } from '#testing/seeded-random.js';
import { storeDecisions, type MadeDecision } from '#testing/stored-decisions.js';
import { openAnalyses, type Analyses } from '../analysis/analyses.js';

const DAY_MS = 86_400_000;
const FROM = new Date(LOG_NOON).toISOString();
const TO = new Date(LOG_NOON + DAY_MS).toISOString();
const policy = { salt: 'holdout', share: 0.05, amountMinorMax: { EUR: 8_000 } };

interface Segment {
  readonly payments: number;
  readonly fraudRate: number;
  readonly rule: string;
}

let server: EmbeddedPostgres;
let database: Database;
let analyses: Analyses;

/** Would-be declines of a rule; those let through get the label that they deserve. */
function declinesOf({ payments, fraudRate, rule }: Segment, first: number): MadeDecision[] {
  const random = seededRandom(first + 1);
  return Array.from({ length: payments }, (_, nth): MadeDecision => {
    const timeMs = LOG_NOON + Math.floor(random() * DAY_MS);
    const id = idAt(timeMs, first + nth);
    const amountMinor = 1_000 + Math.floor(random() * 9_000);
    const fraud = random() < fraudRate;
    const exploration = exploreDecline(
      { transactionId: `t-${id}`, amountMinor, currency: 'EUR' },
      policy,
    );
    return {
      id,
      timeMs,
      decision: exploration.letThrough ? 'approve' : 'decline',
      amountMinor,
      currency: 'EUR',
      customer: `c${nth}`,
      exploration,
      rules: [rule],
      labels: exploration.letThrough && fraud ? ['fraud'] : [],
    };
  });
}

beforeAll(async () => {
  server = await EmbeddedPostgres.start();
  database = await Database.open({
    url: server.url,
    connectionsMax: 2,
    onConnectionLost: () => undefined,
  });
  analyses = openAnalyses(database, new ManualClock(LOG_NOON + 60 * DAY_MS));
  const approved = declinesOf({ payments: 500, fraudRate: 0, rule: 'other' }, 90_000).map(
    ({ exploration: _none, ...made }): MadeDecision => ({ ...made, decision: 'approve' }),
  );
  await storeDecisions(database.pool, [
    ...declinesOf({ payments: 4_000, fraudRate: 0.6, rule: 'bad-device' }, 0),
    ...declinesOf({ payments: 3_000, fraudRate: 0.1, rule: 'far-away' }, 50_000),
    ...approved,
  ]);
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

const estimate = (over: object) =>
  analyses.exploration.estimate({ from: FROM, to: TO, currency: 'EUR', ...over });

test.each([
  ['bad-device', 4_000, 0.6],
  ['far-away', 3_000, 0.1],
])('what %s blocked is known from what was let through', async (rule, payments, fraudRate) => {
  const found = await estimate({ rule });
  expect(found.blocked.payments + found.out_of_reach).toBe(payments);
  expect(found.out_of_reach / payments).toBeCloseTo(2 / 9, 1);
  const { hajek } = found.estimate!.fraud_rate;
  expect(hajek.low).toBeLessThan(fraudRate);
  expect(hajek.high).toBeGreaterThan(fraudRate);
  expect(found.sentence).toContain('would have been fraud');
  // Labels of this history came at once, and two months were waited for more.
  expect(found.labels_share_known).toBe(1);
  expect(found.caveats).toEqual([expect.stringContaining('could not have been let through')]);
});

test('money held off and turned away add up to about what was blocked', async () => {
  const found = await estimate({});
  const { fraud_minor: fraud, honest_minor: honest } = found.estimate!;
  const total = fraud.estimate + honest.estimate;
  expect(total / found.blocked.amount_minor).toBeGreaterThan(0.8);
  expect(total / found.blocked.amount_minor).toBeLessThan(1.2);
});

test('without a decline that could have been let through there is no estimate', async () => {
  const other = await estimate({ rule: 'other' });
  expect(other).toMatchObject({ estimate: null, explored: 0, caveats: [] });
  expect(other.sentence).toContain('Nothing that could have been let through');
  expect(await estimate({ currency: 'USD' })).toMatchObject({ blocked: { payments: 0 } });
});
