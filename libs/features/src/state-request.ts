import type { SignalRecord } from '#contracts/signals.js';
import { packRecord } from './event-record.js';
import type { EventId } from './event-id.js';
import type { EntityPlan, FeaturePlan } from './feature-plan.js';
import { toAmountUnits } from './money.js';
import { slots } from './transaction-slots.js';

/** Which entity of which kind; enough to find its state again. */
export interface EntityRef {
  readonly entity: EntityPlan;
  readonly key: string;
}

/** One transaction's event for one entity that it touches, packed for its ring or tiles. */
export interface EntityEvent extends EntityRef {
  readonly record: Uint8Array;
}

export interface EventInput {
  readonly id: EventId;
  readonly timeMs: number;
}

/**
 * Names the entities that a transaction touches (those whose key it carries) and packs its event
 * for each.
 */
export function planState(
  plan: FeaturePlan,
  record: SignalRecord,
  event: EventInput,
): EntityEvent[] {
  const amountUnits = toAmountUnits(
    record.numbers[slots.amountMinor]!,
    record.strings[slots.currency] ?? null,
    plan.amounts,
  );
  const input = { id: event.id, timeMs: event.timeMs, amountUnits };
  const events: EntityEvent[] = [];
  for (const entity of plan.entities) {
    const key = record.strings[entity.keySlot];
    if (key === null || key === undefined) continue;
    events.push({ entity, key, record: packRecord(entity.layout, record, input) });
  }
  return events;
}
