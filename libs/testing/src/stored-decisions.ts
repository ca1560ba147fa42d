import type { Pool } from 'pg';
import type { Decision } from '#contracts/decision-reply.js';
import { ExperimentDefinition } from '#contracts/experiment.js';
import { labelStrengths } from '#contracts/label-source.js';
import { dayOf, Partitions } from '#store/postgres/partitions.js';
import { idAt } from './log-records.js';

/** A decision as the log stores it, with what became known of it, in the order that it did. */
export interface MadeDecision {
  readonly id: string;
  readonly timeMs: number;
  readonly decision: Decision;
  readonly amountMinor: number;
  readonly currency: string;
  readonly customer: string;
  readonly probability?: number;
  readonly outcomes?: readonly string[];
  readonly labels?: readonly string[];
  readonly exposure?: {
    readonly experimentId: string;
    readonly armId: string;
    readonly forced: boolean;
  };
  readonly exploration?: { readonly letThrough: boolean; readonly propensity: number };
  /** Rules that hit, by id. */
  readonly rules?: readonly string[];
  readonly shadow?: {
    readonly shadowId: string;
    readonly decision: Decision;
    readonly probability: number | null;
  };
}

const ROWS_PER_STATEMENT = 5_000;

/** Stores decisions, and what is known of them, past the log. */
export async function storeDecisions(pool: Pool, all: readonly MadeDecision[]): Promise<void> {
  await new Partitions(pool).provide(new Set(all.map(({ timeMs }) => dayOf(timeMs))));
  let known = 0;
  const later = (made: MadeDecision, nth: number) => {
    known += 1;
    const at = new Date(made.timeMs + (nth + 1) * 1000);
    return { id: idAt(at.getTime(), known), learnt_at: at, occurred_at: at };
  };
  await insertRows(pool, 'decisions', all.map(decisionRow));
  await insertRows(pool, 'exposures', all.flatMap(exposureRows));
  await insertRows(pool, 'rule_hits', all.flatMap(hitRows));
  await insertRows(pool, 'shadow_decisions', all.flatMap(shadowRows));
  const outcomes = all.flatMap((made) =>
    (made.outcomes ?? []).map((outcome, nth) => ({
      ...later(made, nth),
      decision_id: made.id,
      outcome,
    })),
  );
  const labels = all.flatMap((made) =>
    (made.labels ?? []).map((label, nth) => ({
      ...later(made, nth),
      transaction_id: `t-${made.id}`,
      label,
      source: 'chargeback',
      strength: labelStrengths.chargeback,
    })),
  );
  // In another order: what counts is when it was learnt, not when it was stored.
  await insertRows(pool, 'outcomes', outcomes.toReversed());
  await insertRows(pool, 'labels', labels.toReversed());
}

/** Stores a running experiment as its definition has it. */
export async function storeExperiment(
  pool: Pool,
  wanted: unknown,
  startedAt: Date,
): Promise<ExperimentDefinition> {
  const definition = ExperimentDefinition.parse(wanted);
  const { experiment_id, arms, control } = definition;
  await insertRows(pool, 'experiments', [
    {
      experiment_id,
      layer_id: definition.layer,
      state: 'running',
      definition,
      created_at: startedAt,
      started_at: startedAt,
      lowest_sample_ratio_p: 1,
    },
  ]);
  await insertRows(
    pool,
    'arms',
    arms.map(({ arm_id, weight, variant }) => ({
      experiment_id,
      arm_id,
      is_control: arm_id === control,
      weight,
      variant,
    })),
  );
  return definition;
}

async function insertRows(pool: Pool, table: string, rows: readonly object[]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
    const columns = Object.keys(rows[at] ?? {}).join(', ');
    await pool.query(
      `INSERT INTO ${table} (${columns})
       SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`,
      [JSON.stringify(rows.slice(at, at + ROWS_PER_STATEMENT))],
    );
  }
}

function factsOf(made: MadeDecision) {
  return {
    created_at: new Date(made.timeMs),
    decision_id: made.id,
    transaction_id: `t-${made.id}`,
    decision: made.decision,
    amount_minor: made.amountMinor,
    currency: made.currency,
    event_time: new Date(made.timeMs),
  };
}

function decisionRow(made: MadeDecision) {
  return {
    ...factsOf(made),
    api_key_id: 'key',
    ruleset: 'r',
    degradation: 'none',
    customer: made.customer,
    sequence: 1,
    fraud_probability: made.probability ?? null,
    explored: made.exploration?.letThrough ?? null,
    exploration_propensity: made.exploration?.propensity ?? null,
    record: { reply: { timings: { model_ms: 1, rules_ms: 0.1 } } },
  };
}

function exposureRows(made: MadeDecision) {
  if (made.exposure === undefined) return [];
  const { experimentId, armId, forced } = made.exposure;
  return [
    {
      ...factsOf(made),
      experiment_id: experimentId,
      arm_id: armId,
      unit: made.customer,
      propensity: 0.5,
      forced,
    },
  ];
}

function hitRows(made: MadeDecision) {
  return (made.rules ?? []).map((ruleId) => ({
    created_at: new Date(made.timeMs),
    decision_id: made.id,
    rule_id: ruleId,
    action: 'decline',
    applied: true,
  }));
}

function shadowRows(made: MadeDecision) {
  if (made.shadow === undefined) return [];
  const { shadowId, decision, probability } = made.shadow;
  return [
    {
      created_at: new Date(made.timeMs),
      decision_id: made.id,
      shadow_id: shadowId,
      model: 'fraud/2',
      fraud_probability: probability,
      risk_score: probability === null ? null : Math.round(probability * 1000),
      decision,
      failure: probability === null ? 'MODEL_TIMEOUT' : null,
      model_ms: 0.5,
      rules_ms: 0.05,
    },
  ];
}
