import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TrafficRecord } from '#contracts/journal-record.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import {
  decisionRecord as decision,
  idAt,
  labelRecord as label,
  LOG_NOON as NOON,
  outcomeRecord as outcome,
  shadowRecord as shadow,
} from '#testing/log-records.js';
import { hasPostgresServer, PostgresServer } from '#store/postgres/private-postgres.js';
import { Database } from './database.js';
import { DecisionLog } from './decision-log.js';
import type { LogRecord } from './log-batch.js';

const DAY_MS = 86_400_000;

const traffic: TrafficRecord = {
  version: 7,
  assignments: [
    {
      layer_id: 'models',
      experiment_id: 'new-model',
      arm_id: 'treatment',
      unit: 'u1',
      propensity: 0.25,
      forced: false,
    },
  ],
  thresholds: null,
  exploration: { let_through: false, propensity: 0.02 },
  demoted_rules: [],
};

const servers = [
  { name: 'PGlite', isHere: true, start: () => EmbeddedPostgres.start() },
  { name: 'PostgreSQL', isHere: hasPostgresServer(), start: () => PostgresServer.start() },
];

const absent = servers
  .filter(({ isHere }) => !isHere)
  .map(({ name }) => `skipped: no ${name} here`);

describe.skipIf(absent.length === 0).each(absent)('the log: %s', () => {
  test('is not stored there', () => expect.unreachable());
});

describe.each(servers.filter(({ isHere }) => isHere))('the log in $name', ({ name, start }) => {
  let server: { readonly url: string; stop(): Promise<void> };
  let database: Database;
  let log: DecisionLog;
  beforeAll(async () => {
    server = await start();
    database = await Database.open({
      url: server.url,
      connectionsMax: 4,
      onConnectionLost: () => undefined,
    });
  });
  beforeEach(async () => {
    await database.pool.query(
      `TRUNCATE decisions, rule_hits, exposures, shadow_decisions, outcomes, labels, dead_letters,
         log_positions`,
    );
    log = new DecisionLog(database);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  const rows = async (sql: string): Promise<unknown[]> => (await database.pool.query(sql)).rows;

  test('a batch is stored whole, by kind, with the position behind it', async () => {
    const first = decision(1);
    const stored = await log.store([first, outcome(2, idAt(NOON + 1, 1)), label(3, 't-1')]);
    expect(stored).toEqual({ decisions: 1, outcomes: 1, labels: 1, shadows: 0, deadLetters: 0 });
    expect(await rows('SELECT decision_id, decision, model, record::text FROM decisions')).toEqual([
      {
        decision_id: idAt(NOON + 1, 1),
        decision: 'review',
        model: 'fraud/1',
        record: first.text,
      },
    ]);
    expect(await rows('SELECT rule_id, action, applied FROM rule_hits')).toEqual([
      { rule_id: 'many-cards', action: 'review', applied: true },
    ]);
    expect(await rows('SELECT outcome, occurred_at FROM outcomes')).toEqual([
      { outcome: 'captured', occurred_at: new Date(NOON + 2) },
    ]);
    expect(await rows('SELECT label, occurred_at, reported_at, amount_value FROM labels')).toEqual([
      {
        label: 'fraud',
        occurred_at: new Date('2026-11-20T07:00:00Z'),
        reported_at: null,
        amount_value: '4999',
      },
    ]);
    expect(await log.position('journal')).toEqual({ sequence: 3, timeMs: NOON + 3 });
  });

  test('the arms of a decision and what shadows would have decided are rows of their own', async () => {
    const stored = await log.store([
      decision(1, {}, { traffic }),
      shadow(2, { decisionId: idAt(NOON + 1, 1), createdAtMs: NOON + 1 }),
    ]);
    expect(stored).toMatchObject({ decisions: 1, shadows: 1, deadLetters: 0 });
    expect(await rows('SELECT * FROM exposures')).toEqual([
      {
        created_at: new Date(NOON + 1),
        decision_id: idAt(NOON + 1, 1),
        experiment_id: 'new-model',
        arm_id: 'treatment',
        unit: 'u1',
        propensity: 0.25,
        forced: false,
        transaction_id: 't-1',
        decision: 'review',
        amount_minor: null,
        currency: null,
        event_time: new Date(NOON - 4),
      },
    ]);
    expect(
      await rows('SELECT traffic_version, exploration_propensity, explored FROM decisions'),
    ).toEqual([{ traffic_version: 7, exploration_propensity: 0.02, explored: false }]);
    expect(
      await rows('SELECT shadow_id, model, fraud_probability, decision FROM shadow_decisions'),
    ).toEqual([
      { shadow_id: 'next', model: 'fraud/2', fraud_probability: 0.75, decision: 'decline' },
    ]);
  });

  test('records that come again change nothing', async () => {
    const records = [decision(1), decision(2), label(3, 't-1')];
    await log.store(records);
    await log.store(records.slice(1));
    await log.store(records);
    expect(await rows('SELECT sequence FROM decisions ORDER BY sequence')).toEqual([
      { sequence: '1' },
      { sequence: '2' },
    ]);
    expect(await rows('SELECT count(*)::int AS count FROM labels')).toEqual([{ count: 1 }]);
  });

  test('a record that is not one is set aside with the reason, and the others are stored', async () => {
    const broken: LogRecord = { ...decision(2), text: '{"v":1,"reply":{}}' };
    const notJson: LogRecord = { ...label(3, 't'), text: 'half a rec' };
    const stored = await log.store([decision(1), broken, notJson, decision(4)]);
    expect(stored).toEqual({ decisions: 2, outcomes: 0, labels: 0, shadows: 0, deadLetters: 2 });
    expect(await rows('SELECT sequence, type, reason FROM dead_letters ORDER BY sequence')).toEqual(
      [
        { sequence: '2', type: 'decision', reason: expect.stringContaining('reply.decision_id') },
        { sequence: '3', type: 'label', reason: 'not JSON' },
      ],
    );
  });

  test('a batch of several sources keeps the place in each, and what is of no known type', async () => {
    const from = (source: string, record: LogRecord): LogRecord => ({ ...record, source });
    const unknown: LogRecord = { ...decision(7), type: 'unknown', text: 'hello' };
    const stored = await log.store([
      from('kafka:log:0', decision(1)),
      from('kafka:log:1', { ...unknown, sequence: 1 }),
      from('kafka:log:0', { ...unknown, sequence: 2 }),
      from('kafka:log:1', decision(3)),
    ]);
    expect(stored).toMatchObject({ decisions: 2, deadLetters: 2 });
    expect(await log.position('kafka:log:0')).toMatchObject({ sequence: 2 });
    expect(await log.position('kafka:log:1')).toMatchObject({ sequence: 3 });
    expect(await log.position('journal')).toBeNull();
    expect(
      await rows('SELECT source, sequence, reason, payload FROM dead_letters ORDER BY source'),
    ).toEqual([
      { source: 'kafka:log:0', sequence: '2', reason: 'of no known type', payload: 'hello' },
      { source: 'kafka:log:1', sequence: '1', reason: 'of no known type', payload: 'hello' },
    ]);
  });

  test('records that no row can hold do not hold up the others', async () => {
    const refused = decision(3, { transaction_id: 'zero \u0000 character' });
    const outOfTime = decision(4, {}, { event_time_ms: 1e300 });
    const stored = await log.store([decision(1), decision(2), refused, outOfTime, decision(5)]);
    expect(stored).toEqual({ decisions: 3, outcomes: 0, labels: 0, shadows: 0, deadLetters: 2 });
    const reason = expect.stringMatching(/^refused by the database: SQLSTATE 22/) as unknown;
    expect(await rows('SELECT sequence, reason FROM dead_letters ORDER BY sequence')).toEqual([
      { sequence: '3', reason },
      { sequence: '4', reason },
    ]);
    expect(await log.position('journal')).toMatchObject({ sequence: 5 });
  });

  test('decisions are in the partition of their day; old days are dropped', async () => {
    await log.store([decision(1), decision(1 + 2 * DAY_MS), decision(1 + 5 * DAY_MS)]);
    expect(await rows('SELECT tableoid::regclass::text AS part FROM decisions ORDER BY 1')).toEqual(
      ['20261123', '20261125', '20261128'].map((day) => ({ part: `decisions_${day}` })),
    );
    const dropped = await log.partitions.drop(NOON + 6 * DAY_MS, 3);
    expect(dropped).toEqual(expect.arrayContaining(['decisions_20261123', 'rule_hits_20261125']));
    expect(await rows('SELECT sequence FROM decisions')).toEqual([
      { sequence: String(1 + 5 * DAY_MS) },
    ]);
    // What comes for a dropped day has a place again.
    await log.store([decision(2)]);
    expect(await rows('SELECT count(*)::int AS count FROM decisions')).toEqual([{ count: 2 }]);
  });

  // All clients of PGlite are one session, which no lock divides.
  if (name === 'PGlite') return;
  test('processes that start at once migrate once', async () => {
    const options = { url: server.url, connectionsMax: 2, onConnectionLost: () => undefined };
    await database.pool.query('DROP SCHEMA public CASCADE');
    await database.pool.query('CREATE SCHEMA public');
    const opened = await Promise.all([1, 2, 3].map(() => Database.open(options)));
    const applied = await rows('SELECT name FROM migrations');
    const { migrations } = opened[0]!.source;
    await Promise.all(opened.map((one) => one.close()));
    expect(applied).toHaveLength(migrations.length);
  });
});
