import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import type { DecisionReply } from '#contracts/decision-reply.js';
import { readJournal } from '#journal/read-journal.js';
import { missingForProcessTests } from '#testing/decision-api-process.js';
import { missingForKafka } from '#testing/kafka-broker.js';
import { hasPostgresServer } from '#store/postgres/private-postgres.js';
import { seededRandom } from '#testing/seeded-random.js';
import { missingBuildOf } from '#testing/service-process.js';
import { LogChain } from './log-chain.js';

/** Each victim once; a long run asks for more. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 5);
const ROUND_MS = 1_500;
const MS_PER_ROUND_MAX = 30_000;
const CAUGHT_UP = { timeout: 60_000, interval: 200 };

const build = missingForProcessTests({ redis: false });
const missing =
  [
    missingForKafka(),
    hasPostgresServer() ? '' : ' (skipped without PostgreSQL)',
    build === null ? '' : ` (${build})`,
    missingBuildOf('log-shipper'),
  ].find((lack) => lack !== '') ?? '';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** The ids of what the journal holds, by kind. */
async function journalIds(folder: string): Promise<Record<string, string[]>> {
  const ids: Record<string, string[]> = { decision: [], outcome: [], label: [] };
  const onProblem = (problem: { readonly message: string }): void => {
    throw new Error(problem.message);
  };
  for await (const { type, payload } of readJournal(folder, { onProblem })) {
    const record = JSON.parse(payload.toString()) as { id: string; reply?: DecisionReply };
    ids[type]?.push(record.reply?.decision_id ?? record.id);
  }
  return ids;
}

test.skipIf(missing !== '')(
  `a log whose every part is killed under load loses nothing and doubles nothing${missing}`,
  { timeout: 60_000 + ROUNDS * MS_PER_ROUND_MAX },
  async () => {
    const chain = await LogChain.start(stops);
    const random = seededRandom(11);
    const names = Object.keys(chain.victims);
    let left: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(ROUND_MS * random());
      if (left.length === 0) left = [...names];
      const [victim] = left.splice(Math.floor(random() * left.length), 1);
      await chain.victims[victim!]!();
      expect(await chain.report()).toEqual([202, 202]);
    }
    expect(await chain.endLoad()).toBe(0);

    const ids = await journalIds(chain.home.journalFolder);
    const pool = new Pool({ connectionString: chain.postgres.url });
    stops.push(() => pool.end());
    pool.on('error', () => undefined);
    const column = async (sql: string): Promise<string[]> =>
      (await pool.query<{ id: string }>(sql)).rows.map(({ id }) => id);
    await vi.waitFor(async () => {
      const count = await column('SELECT count(*)::text AS id FROM decisions');
      expect(count).toEqual([String(ids['decision']!.length)]);
      const labels = await column('SELECT id FROM labels');
      expect(labels).toHaveLength(ids['label']!.length);
    }, CAUGHT_UP);
    expect(await chain.endAll()).toEqual([0, 0]);

    const stored = {
      decision: await column('SELECT decision_id AS id FROM decisions ORDER BY 1'),
      outcome: await column('SELECT id FROM outcomes ORDER BY 1'),
      label: await column('SELECT id FROM labels ORDER BY 1'),
    };
    expect(stored.decision).toEqual(ids['decision']!.toSorted());
    expect(stored.outcome).toEqual(ids['outcome']!.toSorted());
    expect(stored.label).toEqual(ids['label']!.toSorted());
    expect(stored.outcome).toHaveLength(ROUNDS);
    expect(await column('SELECT source AS id FROM dead_letters')).toEqual([]);

    const answered = chain.sent.filter(({ answer }) => answer?.status === 200);
    const known = new Set(stored.decision);
    const lost = answered
      .map(({ answer }) => (JSON.parse(answer!.body) as DecisionReply).decision_id)
      .filter((id) => !known.has(id));
    expect(lost).toEqual([]);
    expect(answered.length).toBeGreaterThan(100);
  },
);
