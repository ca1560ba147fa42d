import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { labelSources, labelStrengths, saidAtMs } from '#contracts/label-source.js';
import type { LabelRequest } from '#contracts/outcome-request.js';
import { flagsInForce, withLabel, type EventLabel } from '#features/event-labels.js';
import { FLAG_FRAUD, FLAG_LEGIT } from '#features/event-record.js';
import { decisionRecord, idAt, labelRecord, LOG_NOON } from '#testing/log-records.js';
import { postgresServers } from '#testing/postgres-servers.js';
import { Database } from './database.js';
import { DecisionLog } from './decision-log.js';
import { DecisionReader } from './decision-reader.js';
import { LabelHistory } from './label-history.js';
import type { LogRecord } from './log-batch.js';

const DAY_MS = 86_400_000;
const at = (ms: number): string => new Date(LOG_NOON + ms).toISOString();

describe.each(postgresServers)('labels in $name', ({ start }) => {
  let server: { readonly url: string; stop(): Promise<void> };
  let database: Database;
  let log: DecisionLog;
  beforeAll(async () => {
    server = await start();
    const onConnectionLost = (): void => undefined;
    database = await Database.open({ url: server.url, connectionsMax: 2, onConnectionLost });
  });
  beforeEach(async () => {
    await database.pool.query('TRUNCATE decisions, labels, outcomes, log_positions');
    log = new DecisionLog(database, 'journal');
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  /** What was in force for t-1 at a time after noon. */
  const knownAt = async (ms: number): Promise<string | null> => {
    const { rows } = await database.pool.query<{ label: string; source: string }>(
      `SELECT label, source FROM labels_as_of($1) WHERE transaction_id = 't-1'`,
      [at(ms)],
    );
    const [found] = rows;
    return found === undefined ? null : `${found.label} by ${found.source}`;
  };

  test('corrections replace what they correct, and what was known before can still be asked', async () => {
    await log.store([
      labelRecord(1, 't-1', { label: 'fraud', source: 'customer_report' }),
      labelRecord(2, 't-1', { label: 'legit', source: 'customer_report' }),
      labelRecord(3, 't-1', { label: 'fraud', source: 'chargeback' }),
      labelRecord(4, 't-1', { label: 'legit', source: 'refund' }),
      labelRecord(5, 't-1', { label: 'unknown', source: 'chargeback' }),
      // Learnt last, but said before what was said first.
      labelRecord(6, 't-1', { source: 'customer_report', reported_at: at(-1) }),
      labelRecord(7, 't-2', { label: 'abuse' }),
    ]);
    const history = [];
    for (let ms = 0; ms <= 6; ms += 1) history.push(await knownAt(ms));
    expect(history).toEqual([
      null,
      'fraud by customer_report',
      'legit by customer_report',
      'fraud by chargeback',
      'fraud by chargeback',
      'legit by customer_report',
      'legit by customer_report',
    ]);
  });

  test('a decision tells which of its labels is in force, now and as it was known', async () => {
    await log.store([
      decisionRecord(1),
      labelRecord(2, 't-1'),
      labelRecord(3, 't-1', { label: 'legit' }),
    ]);
    const reader = new DecisionReader(database.pool);
    const inForce = async (time: string | null): Promise<unknown> =>
      (await reader.find(idAt(LOG_NOON + 1, 1), time))?.labels.map((label) => [
        label.label,
        label.in_force,
        label.amount?.value,
      ]);
    expect(await inForce(null)).toEqual([
      ['fraud', false, 4_999],
      ['legit', true, 4_999],
    ]);
    expect(await inForce(at(2))).toEqual([['fraud', true, 4_999]]);
    expect(await inForce(at(1))).toEqual([]);
  });

  const anyLabel = fc.record({
    source: fc.constantFrom(...labelSources),
    label: fc.constantFrom('fraud', 'legit', 'unknown' as const),
    reportedMs: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
  });
  test('Postgres and the features agree about what is in force', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyLabel, { minLength: 1, maxLength: 8 }), async (drafts) => {
        await database.pool.query('TRUNCATE labels');
        let known: readonly EventLabel[] = [];
        const records: LogRecord[] = [];
        for (const [index, { source, label, reportedMs }] of drafts.entries()) {
          const reported = reportedMs === undefined ? {} : { reported_at: at(reportedMs) };
          const request: Partial<LabelRequest> = { source, label, ...reported };
          records.push(labelRecord(index + 1, 't-1', request));
          const learntAtMs = LOG_NOON + index + 1;
          known = withLabel(known, {
            id: index,
            strength: labelStrengths[source],
            label,
            saidAtMs: saidAtMs(request.reported_at, learntAtMs),
          });
        }
        await log.store(records);
        const stored = (await knownAt(DAY_MS))?.split(' ')[0];
        const flags = flagsInForce(known);
        const expected = { [FLAG_FRAUD]: 'fraud', [FLAG_LEGIT]: 'legit' }[flags];
        expect(stored).toBe(expected);
      }),
      { numRuns: 100 },
    );
  });

  describe('their ages', () => {
    const range = { fromMs: LOG_NOON - DAY_MS, toMs: LOG_NOON + 40 * DAY_MS };
    const nowMs = LOG_NOON + 30 * DAY_MS;
    const ages = (source: 'chargeback' | 'refund' | null) =>
      new LabelHistory(database.pool).ages(range, source, nowMs);

    test('are days from the payment to the first word of a source, or to now', async () => {
      await log.store([
        decisionRecord(1),
        decisionRecord(2),
        decisionRecord(3),
        decisionRecord(4 + 10 * DAY_MS),
        labelRecord(11 * DAY_MS, 't-1', { reported_at: at(9.5 * DAY_MS) }),
        labelRecord(13 * DAY_MS, 't-1', { label: 'legit' }),
        labelRecord(12 * DAY_MS, 't-2', { label: 'unknown' }),
        labelRecord(14 * DAY_MS, 't-3', { source: 'refund', label: 'legit' }),
      ]);
      expect(await ages('chargeback')).toEqual({
        sampled: 1,
        ages: [
          { ageDays: 9, labelled: true, decisions: 1 },
          { ageDays: 20, labelled: false, decisions: 1 },
          { ageDays: 30, labelled: false, decisions: 2 },
        ],
      });
      expect((await ages(null)).ages).toContainEqual({ ageDays: 14, labelled: true, decisions: 1 });
      const history = new LabelHistory(database.pool);
      expect(await history.decisionAges({ ...range, fromMs: LOG_NOON + DAY_MS }, nowMs)).toEqual([
        { ageDays: 20, decisions: 1 },
      ]);
    });

    test('of no decisions are none', async () => {
      expect(await ages('refund')).toEqual({ ages: [], sampled: 1 });
    });
  });
});
