import { labelStrengths } from '#contracts/label-source.js';
import { slots } from '#features/transaction-slots.js';
import type { Cell, ColumnType } from './binary-array.js';
import type { LogBatch, LoggedDecision, LoggedShadow } from './log-batch.js';

/** A table of the log: how the rows of a batch fill it. */
export interface LogTable {
  readonly name: string;
  /** Name and Postgres type, in the order of a row. */
  readonly columns: readonly (readonly [name: string, type: ColumnType])[];
  readonly rows: (batch: LogBatch) => readonly (readonly Cell[])[];
}

/** In no order that matters: no table refers to another. */
export const logTables: readonly LogTable[] = [
  {
    name: 'decisions',
    columns: [
      ['decision_id', 'uuid'],
      ['created_at', 'timestamptz'],
      ['transaction_id', 'text'],
      ['api_key_id', 'text'],
      ['event_time', 'timestamptz'],
      ['decision', 'text'],
      ['fraud_probability', 'float8'],
      ['risk_score', 'int'],
      ['ruleset', 'text'],
      ['model', 'text'],
      ['degradation', 'text'],
      ['degradation_causes', 'text'],
      ['amount_minor', 'bigint'],
      ['currency', 'text'],
      ['card', 'text'],
      ['customer', 'text'],
      ['device', 'text'],
      ['total_ms', 'float4'],
      ['traffic_version', 'int'],
      ['exploration_propensity', 'float8'],
      ['explored', 'bool'],
      ['sequence', 'bigint'],
      ['record', 'json'],
    ],
    rows: ({ decisions }) => decisions.map(decisionRow),
  },
  {
    name: 'rule_hits',
    columns: [
      ['created_at', 'timestamptz'],
      ['decision_id', 'uuid'],
      ['rule_id', 'text'],
      ['action', 'text'],
      ['applied', 'bool'],
    ],
    rows: ({ decisions }) => decisions.flatMap(hitRows),
  },
  {
    name: 'exposures',
    columns: [
      ['created_at', 'timestamptz'],
      ['decision_id', 'uuid'],
      ['experiment_id', 'text'],
      ['arm_id', 'text'],
      ['unit', 'text'],
      ['propensity', 'float8'],
      ['forced', 'bool'],
      ['transaction_id', 'text'],
      ['decision', 'text'],
      ['amount_minor', 'bigint'],
      ['currency', 'text'],
      ['event_time', 'timestamptz'],
    ],
    rows: ({ decisions }) => decisions.flatMap(exposureRows),
  },
  {
    name: 'shadow_decisions',
    columns: [
      ['created_at', 'timestamptz'],
      ['decision_id', 'uuid'],
      ['shadow_id', 'text'],
      ['model', 'text'],
      ['fraud_probability', 'float8'],
      ['risk_score', 'int'],
      ['decision', 'text'],
      ['failure', 'text'],
      ['model_ms', 'float4'],
      ['rules_ms', 'float4'],
    ],
    rows: ({ shadows }) => shadows.flatMap(shadowRows),
  },
  {
    name: 'outcomes',
    columns: [
      ['id', 'uuid'],
      ['decision_id', 'uuid'],
      ['outcome', 'text'],
      ['occurred_at', 'timestamptz'],
      ['learnt_at', 'timestamptz'],
    ],
    rows: ({ outcomes }) =>
      outcomes.map(({ id, decision_id: decisionId, accepted_at_ms: learntAtMs, outcome }) => [
        id,
        decisionId,
        outcome.outcome,
        outcome.occurred_at ?? learntAtMs,
        learntAtMs,
      ]),
  },
  {
    name: 'labels',
    columns: [
      ['id', 'uuid'],
      ['transaction_id', 'text'],
      ['label', 'text'],
      ['source', 'text'],
      ['strength', 'smallint'],
      ['reason_code', 'text'],
      ['amount_value', 'bigint'],
      ['amount_currency', 'text'],
      ['occurred_at', 'timestamptz'],
      ['reported_at', 'timestamptz'],
      ['learnt_at', 'timestamptz'],
    ],
    rows: ({ labels }) =>
      labels.map(({ id, label, accepted_at_ms: acceptedAtMs }) => [
        id,
        label.transaction_id,
        label.label,
        label.source,
        labelStrengths[label.source],
        label.reason_code ?? null,
        label.amount?.value ?? null,
        label.amount?.currency ?? null,
        label.occurred_at ?? null,
        label.reported_at ?? null,
        acceptedAtMs,
      ]),
  },
  {
    name: 'tallies',
    columns: [
      ['id', 'uuid'],
      ['minute', 'timestamptz'],
      ['decisions', 'int'],
    ],
    rows: ({ tallies }) =>
      tallies.map(({ id, minute_ms: minuteMs, decisions }) => [id, minuteMs, decisions]),
  },
  {
    name: 'dead_letters',
    columns: [
      ['source', 'text'],
      ['sequence', 'bigint'],
      ['type', 'text'],
      ['reason', 'text'],
      ['payload', 'text'],
    ],
    rows: ({ deadLetters }) =>
      deadLetters.map(({ record, reason }) => [
        record.source,
        record.sequence,
        record.type,
        reason,
        // A text of Postgres cannot hold the character 0.
        record.text.replaceAll('\u0000', '\uFFFD'),
      ]),
  },
];

function decisionRow({ fields, sequence, text }: LoggedDecision): Cell[] {
  const { reply, traffic, versions, degradation, numbers, strings } = fields;
  return [
    reply.decision_id,
    reply.created_at,
    reply.transaction_id,
    fields.api_key_id,
    fields.event_time_ms,
    reply.decision,
    fields.probability,
    reply.risk_score,
    versions.ruleset,
    versions.model,
    degradation.level,
    degradation.causes.length === 0 ? null : degradation.causes.join(' '),
    wholeOf(numbers[slots.amountMinor]),
    strings[slots.currency] ?? null,
    strings[slots.card] ?? null,
    strings[slots.customer] ?? null,
    strings[slots.device] ?? null,
    reply.timings.total_ms,
    traffic?.version ?? null,
    traffic?.exploration?.propensity ?? null,
    traffic?.exploration?.let_through ?? null,
    sequence,
    text,
  ];
}

/** Rules that hit, those in shadow included; `rules` may hold others that the caller asked for. */
function hitRows({ fields: { reply } }: LoggedDecision): Cell[][] {
  return reply.rules
    .filter((rule) => rule.outcome === 'hit')
    .map((rule) => [reply.created_at, reply.decision_id, rule.id, rule.action, rule.applied]);
}

function exposureRows({ fields }: LoggedDecision): Cell[][] {
  const { reply, traffic, numbers, strings } = fields;
  return (traffic?.assignments ?? []).map((assignment) => [
    reply.created_at,
    reply.decision_id,
    assignment.experiment_id,
    assignment.arm_id,
    assignment.unit,
    assignment.propensity,
    assignment.forced,
    reply.transaction_id,
    reply.decision,
    wholeOf(numbers[slots.amountMinor]),
    strings[slots.currency] ?? null,
    fields.event_time_ms,
  ]);
}

function shadowRows(record: LoggedShadow): Cell[][] {
  return record.shadows.map((shadow) => [
    record.created_at_ms,
    record.decision_id,
    shadow.shadow_id,
    shadow.model,
    shadow.probability,
    shadow.risk_score,
    shadow.decision,
    shadow.failure,
    shadow.model_ms,
    shadow.rules_ms,
  ]);
}

function wholeOf(value: number | string | null | undefined): number | null {
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}
