import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { forgetful } from './test/broken-link.js';
import { DAY_MS, missing, RebuildSubject } from './test/rebuild-subject.js';
import { verifyState } from './verify-state.js';

const main = resolve(import.meta.dirname, '../../dist/tools/features/main.js');
const WAIT = { timeout: 20_000, interval: 10 };

describe.skipIf(missing !== '')(
  `a rebuild of feature state${missing && `: needs ${missing}`}`,
  () => {
    let subject: RebuildSubject;
    beforeAll(async () => {
      subject = await RebuildSubject.start('a single server');
    });
    afterAll(() => subject.stop());
    beforeEach(() => subject.open());
    afterEach(() => subject.close());

    const cards = async () => (await subject.clients[0]!.keys('tg:{card:*')).length;

    test.skipIf(!existsSync(main))(
      'killed -9 goes on by the same command (needs the build)',
      async () => {
        await subject.past();
        await subject.lose();
        const from = new Date(Date.now() - 50 * DAY_MS).toISOString();
        const args = [main, 'rebuild', '--from', from, '--settle', '0', '--per-second', '600'];
        const env = { DATABASE_URL: subject.postgres.url, REDIS_URL: subject.redisUrl };
        const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
        const ended = once(child, 'exit');
        await vi.waitFor(async () => expect(await cards()).toBeGreaterThan(2), WAIT);
        child.kill('SIGKILL');
        await ended;
        expect(await subject.seen()).not.toEqual(await subject.unharmed());
        const told: string[] = [];
        await subject.rebuild({ lockWaitMs: 20_000, tell: (line) => told.push(line) });
        expect(told).toContain('going on where an earlier run stopped');
        expect(await subject.seen()).toEqual(await subject.unharmed());
      },
    );

    test('counts nothing twice when answers get lost on the way', async () => {
      await subject.past();
      await subject.lose();
      await subject.rebuild({}, { ...subject.stores, link: forgetful(subject.stores.link) });
      expect(await subject.seen()).toEqual(await subject.unharmed());
    });

    test('counts a transaction that was decided twice once, with all that became known', async () => {
      const atMs = Date.now() - 60_000;
      await subject.traffic.pay(atMs, 'twice');
      await subject.traffic.pay(atMs + 1_000, 'twice');
      for (const paid of subject.traffic.payments) await subject.traffic.report(atMs + 2_000, paid);
      await subject.settle();
      await subject.traffic.ship();
      await subject.lose();
      const { tally } = await subject.rebuild();
      expect(tally.done).toMatchObject({ events: 1, known: 1 });
      expect(await subject.seen()).toEqual(await subject.unharmed());
    });

    test('can go further back later', async () => {
      await subject.past();
      await subject.lose();
      await subject.rebuild({ fromMs: Date.now() - DAY_MS });
      await subject.rebuild();
      expect(await subject.seen()).toEqual(await subject.unharmed());
    });

    test('gives state the rest of the life that it had', async () => {
      await subject.traffic.pay(Date.now() - 10 * DAY_MS);
      await subject.settle();
      await subject.traffic.ship();
      await subject.lose();
      await subject.rebuild();
      const [key] = await subject.clients[0]!.keys('tg:{card:*');
      const card = subject.plan.entities.find(({ name }) => name === 'card')!;
      const lifeMs = await subject.clients[0]!.pttl(key!);
      expect(Math.abs(lifeMs - (card.horizonMs - 10 * DAY_MS))).toBeLessThan(60_000);
    });

    test('is compared with the log, and what differs is named', async () => {
      await subject.past();
      const parts = {
        ...subject.stores,
        store: subject.redis,
        now: () => Date.now(),
        pauseMs: 10,
      };
      const wish = { fromMs: Date.now() - 45 * DAY_MS, entities: 60 };
      const found = await verifyState(parts, wish);
      expect(found.differences).toEqual([]);
      expect(found.entities).toBeGreaterThan(30);
      await subject.lose();
      const { differences } = await verifyState(parts, { ...wish, entities: 5 });
      expect(differences.join('\n')).toMatch(/ in Redis, .* by the log/);
    });

    test('is refused while another one runs', async () => {
      await subject.past();
      await subject.lose();
      const stop = new AbortController();
      const first = subject.rebuild({ perSecond: 50, stop: stop.signal });
      await sleep(200);
      await expect(subject.rebuild()).rejects.toThrow('another rebuild of this Redis is running');
      stop.abort();
      expect((await first).isFinished).toBe(false);
    });
  },
);
