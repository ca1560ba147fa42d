import type { EventRecord } from '#contracts/journal-record.js';
import { isTextType, type SignalRecord, type SignalSchema } from '#contracts/signals.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { EventPatch, StateRequest } from '#features/feature-store.js';
import { planState } from '#features/state-request.js';
import { eventIdOf } from './decision-id.js';
import { signalsOfRecord } from './decision-record-json.js';

/**
 * The request by which a decision was counted, made again from its record: the same event id, time,
 * entities and bytes.
 *
 * @param recorded The signals of the catalogue that was in force then, where it is another than the
 *   plan's: what both know by the same name and type is carried over.
 */
export function stateRequestOf(
  plan: FeaturePlan,
  stored: EventRecord,
  recorded: SignalSchema = plan.schema,
): StateRequest {
  const signals = signalsOfRecord(stored);
  const record = recorded === plan.schema ? signals : carryOver(signals, recorded, plan);
  const eventId = eventIdOf(stored.reply.decision_id);
  const eventTimeMs = stored.event_time_ms;
  return {
    claim: null,
    nowMs: stored.received_at_ms,
    eventId,
    eventTimeMs,
    entities: planState(plan, record, { id: eventId, timeMs: eventTimeMs }),
    append: true,
  };
}

/** What the decision itself said of its event; null where it says nothing. */
export function patchOfDecision(stored: EventRecord): EventPatch | null {
  if (stored.reply.decision !== 'decline') return null;
  return { eventId: eventIdOf(stored.reply.decision_id), declined: true };
}

/** Events are made of the transaction's own signals; features and score stay behind. */
function carryOver(signals: SignalRecord, from: SignalSchema, plan: FeaturePlan): SignalRecord {
  const record = plan.emptyRecord();
  plan.schema.definitions.forEach(({ name, type, origin }, slot) => {
    const found = from.slotOf(name);
    if (origin !== 'transaction' || found === undefined) return;
    if (from.definitions[found]!.type !== type) return;
    if (isTextType(type)) record.strings[slot] = signals.strings[found] ?? null;
    else record.numbers[slot] = signals.numbers[found] ?? Number.NaN;
  });
  return record;
}
