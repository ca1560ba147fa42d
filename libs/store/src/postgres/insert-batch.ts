import type { Pool } from 'pg';
import type { LogBatch, LogRecord } from './log-batch.js';

/*
 * Arrays of columns, unnested into rows: the statement is the same for any number of rows. A row
 * that is there already came from the same record, so it is left as it is.
 */
const INSERT = `
WITH decision_rows AS (
  INSERT INTO decisions (decision_id, created_at, transaction_id, api_key_id, event_time, decision,
    fraud_probability, ruleset, model, degradation, sequence, record)
  SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[],
    $6::text[], $7::float8[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::json[])
  ON CONFLICT DO NOTHING
), hit_rows AS (
  INSERT INTO rule_hits (created_at, decision_id, rule_id, action, applied)
  SELECT * FROM unnest($13::timestamptz[], $14::uuid[], $15::text[], $16::text[], $17::bool[])
  ON CONFLICT DO NOTHING
), outcome_rows AS (
  INSERT INTO outcomes (id, decision_id, outcome, occurred_at, learnt_at)
  SELECT * FROM unnest($18::uuid[], $19::uuid[], $20::text[], $21::timestamptz[],
    $22::timestamptz[])
  ON CONFLICT DO NOTHING
), label_rows AS (
  INSERT INTO labels (id, transaction_id, label, source, reason_code, amount_value,
    amount_currency, occurred_at, reported_at, learnt_at)
  SELECT * FROM unnest($23::uuid[], $24::text[], $25::text[], $26::text[], $27::text[],
    $28::bigint[], $29::text[], $30::timestamptz[], $31::timestamptz[], $32::timestamptz[])
  ON CONFLICT DO NOTHING
), dead_rows AS (
  INSERT INTO dead_letters (source, sequence, type, reason, payload)
  SELECT $33, * FROM unnest($34::bigint[], $35::text[], $36::text[], $37::text[])
  ON CONFLICT DO NOTHING
)
INSERT INTO log_positions (source, sequence, time_ms, stored_at)
VALUES ($33, $38, $39, now())
ON CONFLICT (source) DO UPDATE SET
  sequence = excluded.sequence, time_ms = excluded.time_ms, stored_at = excluded.stored_at`;

/** Writes a batch and the position behind it, whole or not at all. */
export async function insertBatch(
  pool: Pool,
  source: string,
  batch: LogBatch,
  last: LogRecord,
): Promise<void> {
  await pool.query(INSERT, [
    ...decisionColumns(batch),
    ...hitColumns(batch),
    ...outcomeColumns(batch),
    ...labelColumns(batch),
    source,
    ...deadLetterColumns(batch),
    last.sequence,
    last.timeMs,
  ]);
}

function decisionColumns({ decisions }: LogBatch): unknown[][] {
  return [
    decisions.map(({ fields }) => fields.reply.decision_id),
    decisions.map(({ fields }) => fields.reply.created_at),
    decisions.map(({ fields }) => fields.reply.transaction_id),
    decisions.map(({ fields }) => fields.api_key_id),
    decisions.map(({ fields }) => isoTime(fields.event_time_ms)),
    decisions.map(({ fields }) => fields.reply.decision),
    decisions.map(({ fields }) => fields.probability),
    decisions.map(({ fields }) => fields.versions.ruleset),
    decisions.map(({ fields }) => fields.versions.model),
    decisions.map(({ fields }) => fields.degradation.level),
    decisions.map(({ sequence }) => sequence),
    decisions.map(({ text }) => text),
  ];
}

/** Rules that hit, those in shadow included; `rules` may hold others that the caller asked for. */
function hitColumns({ decisions }: LogBatch): unknown[][] {
  const hits = decisions.flatMap(({ fields: { reply } }) =>
    reply.rules
      .filter((rule) => rule.outcome === 'hit')
      .map((rule) => ({ rule, decisionId: reply.decision_id, createdAt: reply.created_at })),
  );
  return [
    hits.map(({ createdAt }) => createdAt),
    hits.map(({ decisionId }) => decisionId),
    hits.map(({ rule }) => rule.id),
    hits.map(({ rule }) => rule.action),
    hits.map(({ rule }) => rule.applied),
  ];
}

function outcomeColumns({ outcomes }: LogBatch): unknown[][] {
  return [
    outcomes.map(({ id }) => id),
    outcomes.map((record) => record.decision_id),
    outcomes.map(({ outcome }) => outcome.outcome),
    outcomes.map((record) => record.outcome.occurred_at ?? isoTime(record.accepted_at_ms)),
    outcomes.map((record) => isoTime(record.accepted_at_ms)),
  ];
}

function labelColumns({ labels }: LogBatch): unknown[][] {
  return [
    labels.map(({ id }) => id),
    labels.map(({ label }) => label.transaction_id),
    labels.map(({ label }) => label.label),
    labels.map(({ label }) => label.source),
    labels.map(({ label }) => label.reason_code ?? null),
    labels.map(({ label }) => label.amount?.value ?? null),
    labels.map(({ label }) => label.amount?.currency ?? null),
    labels.map(({ label }) => label.occurred_at ?? null),
    labels.map(({ label }) => label.reported_at ?? null),
    labels.map((record) => isoTime(record.accepted_at_ms)),
  ];
}

function deadLetterColumns({ deadLetters }: LogBatch): unknown[][] {
  return [
    deadLetters.map(({ record }) => record.sequence),
    deadLetters.map(({ record }) => record.type),
    deadLetters.map(({ reason }) => reason),
    // A text of Postgres cannot hold the character 0.
    deadLetters.map(({ record }) => record.text.replaceAll('\u0000', '\uFFFD')),
  ];
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
