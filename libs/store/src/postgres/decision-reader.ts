import type { Pool } from 'pg';
import type { DecisionReply } from '#contracts/decision-reply.js';
import type {
  DecisionPage,
  DecisionSearch,
  DecisionSummary,
  StoredDecision,
} from '#contracts/stored-decision.js';
import { LabelReader } from './label-reader.js';

/** A UUIDv7 begins with its time, 48 bits of epoch ms: an id names its partition. */
export function timeOfId(decisionId: string): Date {
  return new Date(Number.parseInt(decisionId.replaceAll('-', '').slice(0, 12), 16));
}

interface SummaryRow {
  readonly decision_id: string;
  readonly transaction_id: string;
  readonly decision: DecisionSummary['decision'];
  readonly fraud_probability: number | null;
  readonly degradation: string;
  readonly event_time: Date;
  readonly created_at: Date;
}

/** What is searched by column: its value is a pseudonym. */
export const searchedEntities = ['card', 'customer', 'device'] as const;

/** Reads decisions back out of the log. */
export class DecisionReader {
  private readonly labels: LabelReader;

  constructor(private readonly pool: Pool) {
    this.labels = new LabelReader(pool);
  }

  /**
   * The decision with what is known of it; null when it is not stored (yet, or any more).
   *
   * @param knownAt Only what had been learnt then; null: all.
   */
  async find(decisionId: string, knownAt: string | null = null): Promise<StoredDecision | null> {
    const { rows } = await this.pool.query<{
      readonly event_time: Date;
      readonly transaction_id: string;
      readonly reply: DecisionReply;
    }>(
      `SELECT event_time, transaction_id, record->'reply' AS reply FROM decisions
       WHERE created_at = $1 AND decision_id = $2`,
      [timeOfId(decisionId), decisionId],
    );
    const row = rows[0];
    if (row === undefined) return null;
    return {
      decision: row.reply,
      event_time: row.event_time.toISOString(),
      outcomes: await this.outcomesOf(decisionId, knownAt),
      labels: await this.labels.of(row.transaction_id, knownAt),
    };
  }

  /** A page of decisions, newest first; entities are searched by their pseudonyms. */
  async search(search: DecisionSearch): Promise<DecisionPage> {
    const { where, values } = conditionsOf(search);
    const { rows } = await this.pool.query<SummaryRow>(
      `SELECT decision_id, transaction_id, decision, fraud_probability, degradation, event_time,
         created_at FROM decisions ${where} ORDER BY created_at DESC, decision_id DESC
       LIMIT ${search.limit + 1}`,
      values,
    );
    const page = rows.slice(0, search.limit);
    const next = rows.length > search.limit ? (page.at(-1)?.decision_id ?? null) : null;
    return { decisions: page.map(summaryOf), next };
  }

  private async outcomesOf(
    decisionId: string,
    knownAt: string | null,
  ): Promise<StoredDecision['outcomes']> {
    const { rows } = await this.pool.query<{
      readonly outcome: StoredDecision['outcomes'][number]['outcome'];
      readonly occurred_at: Date;
      readonly learnt_at: Date;
    }>(
      `SELECT outcome, occurred_at, learnt_at FROM outcomes
       WHERE decision_id = $1 AND learnt_at <= $2 ORDER BY learnt_at`,
      [decisionId, knownAt ?? 'infinity'],
    );
    return rows.map((row) => ({
      outcome: row.outcome,
      occurred_at: row.occurred_at.toISOString(),
      learnt_at: row.learnt_at.toISOString(),
    }));
  }
}

function conditionsOf(search: DecisionSearch): { where: string; values: unknown[] } {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  const { transaction_id, decision, rule_id, from, to, before, experiment_id, arm_id } = search;
  if (transaction_id !== undefined) {
    conditions.push(`transaction_id = ${parameter(transaction_id)}`);
  }
  for (const name of searchedEntities) {
    const value = search[name];
    if (value !== undefined) conditions.push(`${name} = ${parameter(value)}`);
  }
  if (experiment_id !== undefined || arm_id !== undefined) {
    const arm = arm_id === undefined ? '' : `AND arm_id = ${parameter(arm_id)}`;
    const experiment =
      experiment_id === undefined ? '' : `AND experiment_id = ${parameter(experiment_id)}`;
    conditions.push(
      `EXISTS (SELECT FROM exposures WHERE exposures.created_at = decisions.created_at
         AND exposures.decision_id = decisions.decision_id ${experiment} ${arm})`,
    );
  }
  if (decision !== undefined) conditions.push(`decision = ${parameter(decision)}`);
  if (from !== undefined) conditions.push(`created_at >= ${parameter(from)}`);
  if (to !== undefined) conditions.push(`created_at < ${parameter(to)}`);
  if (before !== undefined) {
    const row = `(${parameter(timeOfId(before))}::timestamptz, ${parameter(before)}::uuid)`;
    conditions.push(`(created_at, decision_id) < ${row}`);
  }
  if (rule_id !== undefined) {
    conditions.push(
      `EXISTS (SELECT FROM rule_hits WHERE rule_hits.created_at = decisions.created_at
         AND rule_hits.decision_id = decisions.decision_id AND rule_id = ${parameter(rule_id)})`,
    );
  }
  return { where: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', values };
}

function summaryOf(row: SummaryRow): DecisionSummary {
  return {
    decision_id: row.decision_id,
    transaction_id: row.transaction_id,
    decision: row.decision,
    fraud_probability: row.fraud_probability,
    degraded: row.degradation,
    event_time: row.event_time.toISOString(),
    created_at: row.created_at.toISOString(),
  };
}
