import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { below, seededRandom } from '#testing/seeded-random.js';
import { killedAfter, Killed } from './test/broken-link.js';
import { missing, PAYMENTS, RebuildSubject, type RedisKind } from './test/rebuild-subject.js';

/** Counted by the service between the loss and the rebuild. */
const SINCE_LOSS = 60;

const kinds: readonly RedisKind[] = ['a single server', 'a cluster'];

describe.skipIf(missing !== '')(`rebuild${missing && `: needs ${missing}`}`, () => {
  describe.each(kinds)('feature state lost in %s', (kind) => {
    let subject: RebuildSubject;
    const random = seededRandom(11);
    beforeAll(async () => {
      subject = await RebuildSubject.start(kind);
    });
    afterAll(() => subject.stop());
    beforeEach(() => subject.open());
    afterEach(() => subject.close());

    test('is rebuilt to the same features, to the bit, once however often', async () => {
      await subject.past();
      const before = await subject.seen();
      expect(before).toEqual(await subject.unharmed());
      const nth = (name: string) => subject.plan.featureNames.indexOf(name);
      expect(before[0]![nth('card_history_truncated')]).toBe(1);
      expect(before.some((vector) => vector[nth('merchant_fraud_rate_30d')]! > 0)).toBe(true);
      expect(before.some((vector) => vector[nth('card_bin_decline_share_1h')]! > 0)).toBe(true);

      await subject.lose();
      expect(await subject.seen()).not.toEqual(before);
      const surveyed = await subject.rebuild({ isDryRun: true });
      expect(await subject.contents()).toEqual({});
      const { tally } = await subject.rebuild();
      expect(await subject.seen()).toEqual(await subject.unharmed());
      expect(tally.done).toMatchObject({ known: 0, events: surveyed.tally.done.events });
      expect(tally.decisions).toBe(PAYMENTS);

      const rebuilt = await subject.contents();
      expect((await subject.rebuild()).tally.decisions).toBe(0);
      const again = await subject.rebuild({ isAgain: true });
      expect(again.tally.decisions).toBe(PAYMENTS);
      expect(await subject.contents()).toEqual(rebuilt);
    });

    test('is rebuilt while payments and reports go on, those since the loss included', async () => {
      await subject.past();
      await subject.lose();
      const { traffic } = subject;
      for (let nth = 0; nth < SINCE_LOSS; nth += 1) {
        await traffic.pay(Date.now());
        await traffic.report(Date.now());
      }
      await subject.settle();
      await traffic.ship();
      await sleep(2); // So that the last of them is before the rebuild, to the millisecond.
      const stop = new AbortController();
      const live = (async () => {
        while (!stop.signal.aborted) {
          await traffic.pay(Date.now());
          await traffic.report(Date.now());
          if (below(10, random) === 0) await traffic.ship();
          await sleep(1);
        }
        await subject.settle();
        await traffic.ship();
      })();
      // Reports that came for what was not back yet, and were not in the log yet, come in the end.
      const rebuilding = subject.rebuild({ perSecond: 800, lateReportsMs: 500 });
      await sleep(1_200);
      stop.abort();
      await live;
      const { tally } = await rebuilding;
      expect(tally.done).toMatchObject({ events: PAYMENTS, known: SINCE_LOSS });
      expect(traffic.payments.length).toBeGreaterThan(PAYMENTS + SINCE_LOSS + 10);
      expect(await subject.seen()).toEqual(await subject.unharmed());
    });

    test('is rebuilt exactly however often the rebuild is killed, answers lost or not', async () => {
      await subject.past();
      await subject.lose();
      let kills = 0;
      for (let isDone = false; !isDone;) {
        const link = killedAfter(subject.stores.link, 20 + below(50, random), random() < 0.5);
        isDone = await subject.rebuild({}, { ...subject.stores, link }).then(
          () => true,
          (error: unknown) => {
            if (!(error instanceof Killed)) throw error;
            return false;
          },
        );
        kills += 1;
        // As the lease does after some seconds.
        for (const client of subject.clients) await client.del('tg:rebuild:lock').catch(() => 0);
      }
      expect(kills).toBeGreaterThan(5);
      expect(await subject.seen()).toEqual(await subject.unharmed());
    });
  });
});
