import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { DecisionReply } from '#contracts/decision-reply.js';
import {
  DecisionApiHome,
  missingForProcessTests,
  type DecisionApiProcess,
} from '#testing/decision-api-process.js';
import { readDecisionTexts } from '#testing/decision-journal.js';
import { PacedLoad, type Sent } from '#testing/paced-load.js';
import { RedisServer } from '#testing/redis-server.js';

const RATE_PER_SECOND = 150;
/**
 * Each card is used once in 270 ms: its requests never overlap, so what it must count is known; and
 * no card's ring of 128 events overflows.
 */
const CARDS = 40;
const HEALTHY_MS = 500;
const OUTAGE_MS = 1_500;
/** Far above what it takes; below it, "it recovers" would be an empty promise. */
const RECOVERY_MS_MAX = 10_000;
const RECOVERED_ANSWERS = 20;

interface Fault {
  readonly name: string;
  readonly keepsData: boolean;
  readonly strike: (redis: RedisServer) => Promise<void> | void;
  readonly mend: (redis: RedisServer) => Promise<void> | void;
}

const faults: readonly Fault[] = [
  {
    name: 'killed and restarted',
    keepsData: true,
    strike: (redis) => redis.kill(),
    mend: (redis) => redis.start(),
  },
  {
    name: 'paused',
    keepsData: true,
    strike: (redis) => redis.pause(),
    mend: (redis) => redis.resume(),
  },
  {
    name: 'restarted empty',
    keepsData: false,
    strike: (redis) => redis.kill(),
    mend: (redis) => redis.start(),
  },
];

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

function paymentMaker(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return JSON.stringify({
      transaction_id: `pay-${count}`,
      amount: { value: 100 + count, currency: 'EUR' },
      payment_method: { token: `tok-${count % CARDS}` },
      merchant: { id: `shop-${count % 7}` },
      options: { include: ['features'] },
    });
  };
}

function replyOf({ answer, body }: Sent): DecisionReply {
  if (answer?.status !== 200) throw new Error(`not decided: ${answer?.status} ${body}`);
  return JSON.parse(answer.body) as DecisionReply;
}

/** Resolves when the service has stopped saying that it is degraded. */
async function untilRecovered(api: DecisionApiProcess): Promise<void> {
  const endsAtMs = performance.now() + RECOVERY_MS_MAX;
  for (let healthy = 0; healthy < RECOVERED_ANSWERS;) {
    if (performance.now() > endsAtMs) throw new Error('decisions stay degraded');
    await sleep(10);
    const body = JSON.stringify({
      transaction_id: 'look',
      amount: { value: 1, currency: 'EUR' },
      payment_method: { token: 'tok-look' },
      options: { dry_run: true },
    });
    const { body: reply } = await api.client.send({ path: '/v1/decisions', body });
    const { degraded } = JSON.parse(reply) as DecisionReply;
    healthy = degraded.value ? 0 : healthy + 1;
  }
}

const missing = missingForProcessTests({ redis: true });

describe.skipIf(missing !== null)(`Redis fails under load (${missing ?? 'real processes'})`, () => {
  describe.each(faults)('$name', (fault) => {
    test('every request is decided, rightly or marked, once, and recovery is by itself', async () => {
      const redis = await RedisServer.start({ persistent: fault.keepsData });
      stops.push(() => redis.stop());
      const home = await DecisionApiHome.create(() => ({ REDIS_URL: redis.socketPath }));
      stops.push(() => home.remove());
      const api = await home.start();
      await untilRecovered(api);

      const nextBody = paymentMaker();
      const load = new PacedLoad({ client: api.client, ratePerSecond: RATE_PER_SECOND, nextBody });
      await sleep(HEALTHY_MS);
      const struckMs = load.elapsedMs;
      await fault.strike(redis);
      await sleep(OUTAGE_MS);
      await fault.mend(redis);
      await untilRecovered(api);
      const recoveredMs = load.elapsedMs;
      await sleep(HEALTHY_MS);
      const sent = await load.stop();

      const replies = sent.map(replyOf);
      const marked = replies.filter((reply) => reply.degraded.value);
      const causes = marked.flatMap(({ degraded }) => degraded.causes);
      expect(causes.some((cause) => /^STATE_(?:TIMEOUT|UNAVAILABLE)$/.test(cause))).toBe(true);
      for (const { degraded } of marked) {
        expect(degraded.level).not.toBe('none');
        expect(degraded.causes).not.toEqual([]);
      }
      const atTheEnd = replies.filter((_, index) => sent[index]!.sentMs > recoveredMs);
      expect(atTheEnd.some((reply) => !reply.degraded.value)).toBe(true);

      const wrong = replies.flatMap((reply, index) => {
        if (reply.degraded.value) return [];
        const counted = Number(reply.features?.['card_tx_count_24h']);
        const onCard = sent.filter((_, other) => other <= index && (index - other) % CARDS === 0);
        const isAllThere = fault.keepsData || sent[index]!.sentMs < struckMs;
        const least = isAllThere ? onCard : onCard.filter(({ sentMs }) => sentMs > struckMs);
        const isRight = counted >= least.length && counted <= onCard.length;
        return isRight ? [] : [`${reply.transaction_id}: ${counted} of ${onCard.length}`];
      });
      expect(wrong).toEqual([]);

      for (const { body, answer } of sent) {
        const again = await api.client.send({ path: '/v1/decisions', body });
        expect([again.status, again.body]).toEqual([200, answer?.body]);
      }
      expect(await api.end('SIGTERM')).toBe(0);
      const recorded = await readDecisionTexts(home.journalFolder);
      const answered = replies.map((reply) => reply.transaction_id);
      expect(recorded.map(([id]) => id).toSorted()).toEqual(answered.toSorted());
    });
  });
});
