import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decisionRecord, LOG_NOON, tallyRecord } from '#testing/log-records.js';
import { postgresServers } from '#testing/postgres-servers.js';
import { Database } from './database.js';
import { DecisionLog } from './decision-log.js';
import type { LogRecord } from './log-batch.js';
import { Reconciliation } from './reconciliation.js';

const MINUTE_MS = 60_000;
const none = { decisions: 0, minutes: 0, firstMs: null };
const minute = (nth: number): number => LOG_NOON + nth * MINUTE_MS;
const decision = (nth: number, ms: number): LogRecord => decisionRecord(nth * MINUTE_MS + ms);

describe.each(postgresServers)('reconciliation in $name', ({ start }) => {
  let server: { readonly url: string; stop(): Promise<void> };
  let database: Database;
  let log: DecisionLog;
  const reconciled = (graceSeconds = 0) => new Reconciliation(database.pool, graceSeconds).run();
  beforeAll(async () => {
    server = await start();
    const onConnectionLost = (): void => undefined;
    database = await Database.open({ url: server.url, connectionsMax: 2, onConnectionLost });
  });
  beforeEach(async () => {
    await database.pool.query(
      'TRUNCATE decisions, tallies, reconciliations, log_positions, dead_letters',
    );
    log = new DecisionLog(database, 'journal');
    // The first minute of a log is not whole: what follows is compared.
    await log.store([decision(0, 30_000)]);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  test('what was acknowledged and is stored is settled, by several nodes and late tallies too', async () => {
    await log.store([decision(1, 1), decision(1, 2), tallyRecord(3, 2, 1)]);
    expect(await reconciled()).toEqual(none);
    await log.store([decision(1, 4), tallyRecord(5, 1, 1), tallyRecord(5, 1, 1)]);
    expect(await reconciled()).toEqual(none);
    const { rows } = await database.pool.query(
      'SELECT minute, acknowledged, stored FROM reconciliations',
    );
    expect(rows).toEqual([{ minute: new Date(minute(1)), acknowledged: 3, stored: 3 }]);
  });

  test('a decision that is not stored is missed, until it is', async () => {
    const broken = { ...decision(2, 1), text: '{}' };
    await log.store([decision(1, 1), broken, tallyRecord(3, 1, 1), tallyRecord(4, 1, 2)]);
    const missing = { decisions: 1, minutes: 1, firstMs: minute(2) };
    expect(await reconciled()).toEqual(missing);
    expect(await reconciled()).toEqual(missing);
    await log.store([decision(2, 1)]);
    expect(await reconciled()).toEqual(none);
  });

  test('what may still come has time', async () => {
    await log.store([tallyRecord(2, 5, 1)]);
    expect(await reconciled(300)).toEqual(none);
    expect(await reconciled()).toMatchObject({ decisions: 5 });
  });

  test('a process that was killed before it could tell alarms nobody', async () => {
    await log.store([decision(1, 1), decision(1, 2), decision(1, 3), tallyRecord(4, 1, 1)]);
    expect(await reconciled()).toEqual(none);
  });

  test('the first minute of a journal that is read from its middle alarms nobody', async () => {
    await log.store([tallyRecord(4, 9, 0)]);
    expect(await reconciled()).toEqual(none);
  });

  test('minutes past retention are forgotten', async () => {
    await log.store([decision(1, 1), tallyRecord(2, 2, 1)]);
    await reconciled();
    const old = new Date(LOG_NOON - 40 * 86_400_000).toISOString();
    await database.pool.query('UPDATE tallies SET minute = $1', [old]);
    await database.pool.query('UPDATE reconciliations SET minute = $1', [old]);
    await new Reconciliation(database.pool).forget(30);
    const counted = await database.pool.query(
      'SELECT (SELECT count(*) FROM tallies) + (SELECT count(*) FROM reconciliations) AS n',
    );
    expect(counted.rows).toEqual([{ n: '0' }]);
  });
});
