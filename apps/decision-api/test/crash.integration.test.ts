import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { DecisionReply } from '#contracts/decision-reply.js';
import {
  DecisionApiHome,
  missingForProcessTests,
  type DecisionApiProcess,
} from '#testing/decision-api-process.js';
import { readDecisionTexts } from '#testing/decision-journal.js';
import type { HttpAnswer } from '#testing/http-client.js';
import { PacedLoad, type Sent } from '#testing/paced-load.js';
import { RedisServer } from '#testing/redis-server.js';

const RATE_PER_SECOND = 200;
/** Varied from kill to kill, so that they meet every stage of a request. */
const LOAD_MS_MIN = 150;
const LOAD_MS_STEP = 13;
/** A card's ring holds 128 events: enough cards that none overflows. */
const CARDS = 24;
/** A claim whose process died is free again after its lease of one second. */
const RETRIES_MAX = 40;
const RETRY_MS = 50;

const needsRedis = missingForProcessTests({ redis: true });
const needsBuild = missingForProcessTests({ redis: false });

interface Variant {
  readonly kills: number;
  readonly store: 'redis' | 'memory';
  readonly mode: 'commit' | 'write';
  readonly missing: string | null;
  /** For the title: what is missing. */
  readonly lack: string;
}

const variant = (of: Omit<Variant, 'lack'>): Variant => ({
  ...of,
  lack: of.missing === null ? '' : ` (${of.missing})`,
});

const variants: readonly Variant[] = [
  variant({ kills: 20, store: 'redis', mode: 'commit', missing: needsRedis }),
  variant({ kills: 4, store: 'redis', mode: 'write', missing: needsRedis }),
  variant({ kills: 4, store: 'memory', mode: 'write', missing: needsBuild }),
];

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function homeOf({ store, mode }: Variant): Promise<DecisionApiHome> {
  const environment: Record<string, string> = { JOURNAL_MODE: mode };
  if (store === 'redis') {
    const redis = await RedisServer.start();
    stops.push(() => redis.stop());
    environment['REDIS_URL'] = redis.socketPath;
  }
  const home = await DecisionApiHome.create(() => environment);
  stops.push(() => home.remove());
  return home;
}

/** Payments with all that makes replies differ in form: rule hits, features, every rule. */
function paymentMaker(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return JSON.stringify({
      transaction_id: `pay-${count}`,
      amount: { value: 100 + (count % 7) * 90_000, currency: 'EUR' },
      payment_method: { token: cardOf(count) },
      merchant: { id: `shop-${count % 5}`, country: count % 3 === 0 ? 'KP' : 'DE' },
      device: { ip: `203.0.113.${count % 200}` },
      options: { include: count % 4 === 0 ? ['features', 'rules', 'trace'] : [] },
    });
  };
}

function cardOf(payment: number): string {
  return `tok-${payment % CARDS}`;
}

/** Repeats a request as a payment system does: until it is decided. */
async function retry(api: DecisionApiProcess, body: string): Promise<HttpAnswer> {
  for (let attempt = 0; attempt < RETRIES_MAX; attempt += 1) {
    const answer = await api.client.send({ path: '/v1/decisions', body });
    if (answer.status !== 409) return answer;
    await sleep(RETRY_MS);
  }
  throw new Error(`still in flight after ${RETRIES_MAX * RETRY_MS} ms: ${body}`);
}

async function killUnderLoad(
  api: DecisionApiProcess,
  nextBody: () => string,
  loadMs: number,
): Promise<Sent[]> {
  const load = new PacedLoad({ client: api.client, ratePerSecond: RATE_PER_SECOND, nextBody });
  await sleep(loadMs);
  await api.end('SIGKILL');
  return load.stop();
}

function transactionIdOf(body: string): string {
  return (JSON.parse(body) as { transaction_id: string }).transaction_id;
}

/** How many payments of a card are counted, by a decision that itself counts nothing. */
async function countOnCard(api: DecisionApiProcess, card: string): Promise<number> {
  const { body } = await api.client.send({
    path: '/v1/decisions',
    body: JSON.stringify({
      transaction_id: `look-${card}`,
      amount: { value: 100, currency: 'EUR' },
      payment_method: { token: card },
      options: { dry_run: true, include: ['features'] },
    }),
  });
  const { features } = JSON.parse(body) as DecisionReply;
  return Number(features?.['card_tx_count_24h']) - 1; // Itself is in its own window.
}

describe.each(variants)('killed $kills times: $store store, journal $mode$lack', (variant) => {
  const { missing, kills } = variant;
  test.skipIf(missing !== null)('answers stay, are recorded once and counted once', async () => {
    const home = await homeOf(variant);
    const nextBody = paymentMaker();
    const first = new Map<string, string>();
    let acknowledged = 0;
    let api = await home.start();
    for (let kill = 0; kill < kills; kill += 1) {
      const sent = await killUnderLoad(api, nextBody, LOAD_MS_MIN + kill * LOAD_MS_STEP);
      api = await home.start();
      for (const { body, answer } of sent) {
        const again = await retry(api, body);
        const replayed = again.headers['idempotency-replayed'];
        expect([again.status, again.body, replayed]).toEqual(
          answer === null ? [200, again.body, replayed] : [answer.status, answer.body, 'true'],
        );
        if (answer !== null) acknowledged += 1;
        first.set(transactionIdOf(body), again.body);
      }
    }
    expect(acknowledged).toBeGreaterThan(kills * 10);

    const counts = new Map<string, number>();
    for (let payment = 1; payment <= first.size; payment += 1) {
      counts.set(cardOf(payment), (counts.get(cardOf(payment)) ?? 0) + 1);
    }
    for (const [card, count] of counts) expect(await countOnCard(api, card)).toBe(count);

    await api.end('SIGTERM');
    const recorded = await readDecisionTexts(home.journalFolder);
    expect(recorded.map(([id]) => id).toSorted()).toEqual([...first.keys()].toSorted());
    expect(new Map(recorded)).toEqual(first);
  });
});

describe.skipIf(needsRedis !== null)(
  `killed while Redis is away (${needsRedis ?? 'both real'})`,
  () => {
    test('what was decided meanwhile is known afterwards', async () => {
      const redis = await RedisServer.start({ persistent: true });
      stops.push(() => redis.stop());
      const home = await DecisionApiHome.create(() => ({ REDIS_URL: redis.socketPath }));
      stops.push(() => home.remove());
      let api = await home.start();
      await redis.kill();
      const nextBody = paymentMaker();
      const bodies = Array.from({ length: 3 * CARDS }, nextBody);
      const answers: HttpAnswer[] = [];
      for (const body of bodies)
        answers.push(await api.client.send({ path: '/v1/decisions', body }));
      await api.end('SIGKILL');
      await redis.start();
      api = await home.start();
      for (const [index, body] of bodies.entries()) {
        const again = await retry(api, body);
        expect([again.status, again.body]).toEqual([200, answers[index]!.body]);
      }
      for (let card = 0; card < CARDS; card += 1)
        expect(await countOnCard(api, cardOf(card))).toBe(3);
    });
  },
);
