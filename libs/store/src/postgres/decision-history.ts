import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type QueryResultRow } from 'pg';
import type { LabelRequest, OutcomeRequest } from '#contracts/outcome-request.js';
import { StoreError } from '../store-error.js';
import { isDatabaseAway } from './database-away.js';
import { timeOfId } from './decision-reader.js';

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 60_000;
const ATTEMPTS_MAX = 10;
const RETRY_MS = 2_000;
/** Sorts before every other UUID. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** What a source said of a transaction. */
export interface HistoricLabel {
  readonly id: string;
  readonly label: LabelRequest['label'];
  /** Of its source. */
  readonly strength: number;
  readonly saidAtMs: number;
}

/** A decision of the log with what is known of it by now, oldest news first. */
export interface HistoricDecision {
  readonly decisionId: string;
  readonly createdAtMs: number;
  /** As it was journaled: a `DecisionRecord`, unless it is of another version. */
  readonly record: unknown;
  readonly outcomes: readonly OutcomeRequest['outcome'][];
  readonly labels: readonly HistoricLabel[];
}

interface DecisionRow {
  readonly decision_id: string;
  readonly transaction_id: string;
  readonly created_at: Date;
  readonly record: unknown;
}

/** Decisions made from `fromMs` until before `toMs`. */
export interface HistorySpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is known of a transaction that something became known of. */
export type HistoricNews = Pick<HistoricDecision, 'decisionId' | 'outcomes' | 'labels'>;

/** Reads the log in the order in which decisions were made, a page at a time. */
export class DecisionHistory {
  private constructor(private readonly pool: Pool) {}

  static open(url: string): DecisionHistory {
    const pool = new Pool({
      connectionString: url,
      max: 1,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
    });
    pool.on('error', () => undefined); // The next query connects anew, or says why it cannot.
    return new DecisionHistory(pool);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /** When the newest decision was made, epoch ms; null where there is none. */
  async newestMs(): Promise<number | null> {
    // Asked first of all, by someone who waits: where it fails, it says so at once.
    const { rows } = await this.pool.query<{ readonly created_at: Date }>(
      `SELECT created_at FROM decisions ORDER BY created_at DESC, decision_id DESC LIMIT 1`,
    );
    return rows[0]?.created_at.getTime() ?? null;
  }

  /** The next decisions of a span behind one of them; null = from its beginning. */
  async page(
    { fromMs, toMs }: HistorySpan,
    after: string | null,
    limit: number,
  ): Promise<readonly HistoricDecision[]> {
    const begin = after === null ? new Date(fromMs) : timeOfId(after);
    const { rows } = await this.query<DecisionRow>(
      `SELECT decision_id, transaction_id, created_at, record FROM decisions
       WHERE created_at >= $1 AND created_at < $2 AND (created_at, decision_id) > ($1, $3::uuid)
       ORDER BY created_at, decision_id LIMIT $4`,
      [begin, new Date(toMs), after ?? FIRST_ID, limit],
    );
    return this.withNews(rows);
  }

  /** Decisions of a span, drawn at random. */
  async sample({ fromMs, toMs }: HistorySpan, count: number): Promise<readonly HistoricDecision[]> {
    const { rows } = await this.query<DecisionRow>(
      `SELECT decision_id, transaction_id, created_at, record FROM decisions
       JOIN (SELECT created_at, decision_id FROM decisions
             WHERE created_at >= $1 AND created_at < $2 ORDER BY random() LIMIT $3) AS drawn
       USING (created_at, decision_id)`,
      [new Date(fromMs), new Date(toMs), count],
    );
    return this.withNews(rows);
  }

  /**
   * Everything that is known of the transactions about which something was learnt since a time, by
   * their first decisions.
   */
  async *newsSince(timeMs: number, pageRows: number): AsyncGenerator<readonly HistoricNews[]> {
    for (let after = FIRST_ID; ;) {
      const ids = await this.learntSince(timeMs, 'labels', { after, limit: pageRows });
      const labels = await this.labelsOf(ids.values);
      const decisions = await this.firstDecisions([...labels.keys()]);
      yield decisions.map(({ decisionId, transactionId }) => {
        return { decisionId, outcomes: [], labels: labels.get(transactionId) ?? [] };
      });
      if (ids.last === null) break;
      after = ids.last;
    }
    for (let after = FIRST_ID; ;) {
      const ids = await this.learntSince(timeMs, 'outcomes', { after, limit: pageRows });
      const outcomes = await this.outcomesOf(ids.values);
      yield [...outcomes].map(([decisionId, known]) => {
        return { decisionId, outcomes: known, labels: [] };
      });
      if (ids.last === null) break;
      after = ids.last;
    }
  }

  private async withNews(rows: readonly DecisionRow[]): Promise<readonly HistoricDecision[]> {
    const outcomes = await this.outcomesOf(rows.map((row) => row.decision_id));
    const labels = await this.labelsOf(rows.map((row) => row.transaction_id));
    return rows.map((row) => ({
      decisionId: row.decision_id,
      createdAtMs: row.created_at.getTime(),
      record: row.record,
      outcomes: outcomes.get(row.decision_id) ?? [],
      labels: labels.get(row.transaction_id) ?? [],
    }));
  }

  /** The log may be away for a while: there is no hurry. */
  private async query<R extends QueryResultRow>(
    text: string,
    values: unknown[] = [],
  ): Promise<{ readonly rows: R[] }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.pool.query<R>(text, values);
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
        if (attempt < ATTEMPTS_MAX) await sleep(RETRY_MS);
        else throw new StoreError('unavailable', `Postgres: ${messageOf(error)}`, error);
      }
    }
  }

  /** What the rows that were learnt since a time are about, in order of their ids. */
  private async learntSince(
    timeMs: number,
    table: 'labels' | 'outcomes',
    { after, limit }: { readonly after: string; readonly limit: number },
  ): Promise<{ readonly values: readonly string[]; readonly last: string | null }> {
    const column = table === 'labels' ? 'transaction_id' : 'decision_id';
    const { rows } = await this.query<{ readonly id: string; readonly value: string }>(
      `SELECT id, ${column} AS value FROM ${table} WHERE learnt_at >= $1 AND id > $2
       ORDER BY id LIMIT $3`,
      [new Date(timeMs), after, limit],
    );
    const last = rows.length < limit ? null : (rows.at(-1)?.id ?? null);
    return { values: [...new Set(rows.map(({ value }) => value))], last };
  }

  private async firstDecisions(
    transactionIds: readonly string[],
  ): Promise<readonly { readonly decisionId: string; readonly transactionId: string }[]> {
    const { rows } = await this.query<{
      readonly decision_id: string;
      readonly transaction_id: string;
    }>(
      `SELECT DISTINCT ON (transaction_id) transaction_id, decision_id FROM decisions
       WHERE transaction_id = ANY($1) ORDER BY transaction_id, created_at`,
      [transactionIds],
    );
    return rows.map((row) => {
      return { decisionId: row.decision_id, transactionId: row.transaction_id };
    });
  }

  private async outcomesOf(
    decisionIds: readonly string[],
  ): Promise<ReadonlyMap<string, OutcomeRequest['outcome'][]>> {
    const { rows } = await this.query<{
      readonly key: string;
      readonly word: OutcomeRequest['outcome'];
    }>(
      `SELECT decision_id AS key, outcome AS word FROM outcomes WHERE decision_id = ANY($1::uuid[])
       ORDER BY learnt_at, id`,
      [decisionIds],
    );
    return grouped(rows);
  }

  private async labelsOf(
    transactionIds: readonly string[],
  ): Promise<ReadonlyMap<string, HistoricLabel[]>> {
    const { rows } = await this.query<{
      readonly key: string;
      readonly id: string;
      readonly label: LabelRequest['label'];
      readonly strength: number;
      readonly said_at: Date;
    }>(
      `SELECT transaction_id AS key, id, label, strength, said_at FROM labels
       WHERE transaction_id = ANY($1) ORDER BY learnt_at, position`,
      [transactionIds],
    );
    return grouped(
      rows.map(({ key, id, label, strength, said_at: saidAt }) => {
        return { key, word: { id, label, strength, saidAtMs: saidAt.getTime() } };
      }),
    );
  }
}

function grouped<T>(rows: readonly { readonly key: string; readonly word: T }[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const { key, word } of rows) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [word]);
    else group.push(word);
  }
  return groups;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
