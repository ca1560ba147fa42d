import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Journal } from '#journal/journal.js';
import {
  decisionRecord,
  idAt,
  labelRecord,
  LOG_NOON,
  outcomeRecord,
  type KnownRecord,
} from '#testing/log-records.js';
import { hasPostgresServer, PostgresServer } from '#store/postgres/private-postgres.js';
import { seededRandom } from '#testing/seeded-random.js';
import { missingBuildOf, ServiceProcess } from '#testing/service-process.js';

const ROUNDS = 8;
const ROUND_MS = 700;
const WRITE_EVERY_MS = 10;
const RECORDS_AT_ONCE = 10;
const CAUGHT_UP_MS_MAX = 40_000;

const missing = !hasPostgresServer()
  ? ' (skipped without PostgreSQL)'
  : missingBuildOf('experiments');

let folder: string;
let postgres: PostgresServer;
beforeAll(async () => {
  if (missing !== '') return;
  folder = await mkdtemp(join(tmpdir(), 'tollgate-kill-'));
  postgres = await PostgresServer.start();
}, 60_000);
afterAll(async () => {
  if (missing !== '') return;
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Of every ten records one is an outcome and one a label of a decision shortly before. */
function recordAt(sequence: number): KnownRecord {
  const before = sequence - 2;
  if (sequence % 10 === 7) return outcomeRecord(sequence, idAt(LOG_NOON + before, before));
  if (sequence % 10 === 9) return labelRecord(sequence, `t-${before}`);
  return decisionRecord(sequence);
}

test.skipIf(missing !== '')(
  `a consumer and a Postgres that are killed in turn lose nothing and double nothing${missing}`,
  { timeout: 120_000 },
  async () => {
    const random = seededRandom(7);
    const journal = await Journal.open({
      folder: join(folder, 'journal'),
      mode: 'write',
      nowMs: () => Date.now(),
    });
    let written = 0;
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) {
        for (let n = 0; n < RECORDS_AT_ONCE; n += 1) {
          written += 1;
          const { type, text } = recordAt(written);
          await journal.append(type, text);
        }
        await sleep(WRITE_EVERY_MS);
      }
    })();

    const environment = { DATA_DIR: folder, DATABASE_URL: postgres.url };
    let consumer = await ServiceProcess.start('experiments', 'none', environment);
    await consumer.ready();
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(ROUND_MS * random());
      if (random() < 0.5) {
        await consumer.end('SIGKILL');
        consumer = await ServiceProcess.start('experiments', 'none', environment);
      } else {
        await postgres.kill();
        await postgres.start();
      }
    }
    isWriting = false;
    await writing;
    await journal.close();
    await consumer.ready();

    const pool = new Pool({ connectionString: postgres.url });
    pool.on('error', () => undefined);
    const numbers = async (sql: string): Promise<number[]> =>
      (await pool.query<{ n: string }>(sql)).rows.map(({ n }) => Number(n));
    const endsAtMs = performance.now() + CAUGHT_UP_MS_MAX;
    while ((await numbers('SELECT sequence AS n FROM log_positions'))[0] !== written) {
      if (performance.now() > endsAtMs) throw new Error('the consumer did not catch up');
      await sleep(100);
    }
    const all = Array.from({ length: written }, (_, index) => recordAt(index + 1));
    const sequencesOf = (type: KnownRecord['type']): number[] =>
      all.filter((record) => record.type === type).map(({ sequence }) => sequence);
    const stored = await numbers('SELECT sequence AS n FROM decisions ORDER BY sequence');
    const known = await numbers(
      'SELECT count(*) AS n FROM outcomes UNION ALL SELECT count(*) FROM labels',
    );
    const setAside = await numbers('SELECT sequence AS n FROM dead_letters');
    await pool.end();
    expect(await consumer.end('SIGTERM')).toBe(0);
    expect(stored).toEqual(sequencesOf('decision'));
    expect(known).toEqual([sequencesOf('outcome').length, sequencesOf('label').length]);
    expect(setAside).toEqual([]);
    expect(written).toBeGreaterThan(500);
  },
);
