import type { DecisionRecord, ShadowRecord } from '#contracts/journal-record.js';
import type { LabelRequest } from '#contracts/outcome-request.js';
import type { LogRecord } from '#store/postgres/log-batch.js';

/** When the records of these builders were made, but for their sequence in milliseconds. */
export const LOG_NOON = Date.parse('2026-11-23T12:00:00.000Z');

/** A UUIDv7 of that time. */
export function idAt(timeMs: number, tail: number): string {
  const time = timeMs.toString(16).padStart(12, '0');
  const end = tail.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${end}`;
}

/** A decision for review by one rule; its id, transaction and time follow from the sequence. */
export function decisionRecord(
  sequence: number,
  change: Partial<DecisionRecord['reply']> = {},
  more: Partial<DecisionRecord> = {},
): LogRecord {
  const createdAtMs = LOG_NOON + sequence;
  const record: DecisionRecord = {
    v: 1,
    api_key_id: 'key-1',
    claim_key: 'claim',
    body_hash: 'hash',
    event_time_ms: createdAtMs - 5,
    received_at_ms: createdAtMs - 2,
    versions: { feature_set: 'f', ruleset: 'r', model: 'fraud/1' },
    numbers: [1, null, 0.5],
    strings: { 3: 'DE' },
    probability: 0.25,
    degradation: { level: 'none', causes: [] },
    shadow_rules: [],
    reply: {
      decision_id: idAt(createdAtMs, sequence),
      transaction_id: `t-${sequence}`,
      decision: 'review',
      risk_score: 250,
      fraud_probability: 0.25,
      risk_level: 'elevated',
      reasons: [],
      rules: [
        {
          id: 'many-cards',
          name: 'Many cards',
          outcome: 'hit',
          action: 'review',
          mode: 'active',
          applied: true,
        },
      ],
      tags: [],
      model: { id: 'fraud', version: '1', role: 'champion' },
      policy: { id: 'default', version: 'r' },
      feature_set: { version: 'f' },
      degraded: { value: false, level: 'none', causes: [] },
      warnings: [],
      timings: { total_ms: 2, state_ms: 1, model_ms: 0.5, rules_ms: 0.1 },
      dry_run: false,
      created_at: new Date(createdAtMs).toISOString(),
      ...change,
    },
    ...more,
  };
  return { sequence, timeMs: createdAtMs, type: 'decision', text: JSON.stringify(record) };
}

/** The outcome that the payment of a decision was captured. */
export function outcomeRecord(sequence: number, decisionId: string): LogRecord {
  const text = JSON.stringify({
    v: 1,
    id: idAt(LOG_NOON, sequence),
    api_key_id: 'key-1',
    decision_id: decisionId,
    accepted_at_ms: LOG_NOON + sequence,
    outcome: { outcome: 'captured' },
  });
  return { sequence, timeMs: LOG_NOON + sequence, type: 'outcome', text };
}

/** The label that a transaction was fraud, by a chargeback, unless it says otherwise. */
export function labelRecord(
  sequence: number,
  transactionId: string,
  change: Partial<LabelRequest> = {},
): LogRecord {
  const text = JSON.stringify({
    v: 1,
    id: idAt(LOG_NOON, sequence),
    api_key_id: 'key-1',
    accepted_at_ms: LOG_NOON + sequence,
    label: {
      transaction_id: transactionId,
      label: 'fraud',
      source: 'chargeback',
      occurred_at: '2026-11-20T08:00:00+01:00',
      amount: { value: 4999, currency: 'EUR' },
      ...change,
    },
  });
  return { sequence, timeMs: LOG_NOON + sequence, type: 'label', text };
}

/** That so many decisions of the minute at noon were recorded, or of one of the minutes after. */
export function tallyRecord(sequence: number, decisions: number, minute = 0): LogRecord {
  const text = JSON.stringify({
    v: 1,
    id: idAt(LOG_NOON, sequence),
    minute_ms: LOG_NOON + minute * 60_000,
    decisions,
  });
  return { sequence, timeMs: LOG_NOON + sequence, type: 'tally', text };
}

/** What one shadow would have decided: a decline, where the champion said review. */
export function shadowRecord(
  sequence: number,
  of: { readonly decisionId: string; readonly createdAtMs: number },
): LogRecord {
  const record: ShadowRecord = {
    v: 1,
    decision_id: of.decisionId,
    created_at_ms: of.createdAtMs,
    shadows: [
      {
        shadow_id: 'next',
        variant: { model: 'fraud/2', ruleset: null, thresholds: null },
        model: 'fraud/2',
        probability: 0.75,
        risk_score: 750,
        decision: 'decline',
        failure: null,
        model_ms: 0.4,
        rules_ms: 0.05,
      },
    ],
  };
  const text = JSON.stringify(record);
  return { sequence, timeMs: of.createdAtMs + 1, type: 'shadow', text };
}
