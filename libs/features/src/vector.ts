import type { SignalRecord } from '#contracts/signals.js';
import type { EntityPlan, FeaturePlan } from './feature-plan.js';
import type { RingView } from './ring.js';
import type { EntityEvent } from './state-request.js';
import type { TileSet } from './tile-set.js';
import { AMOUNT_UNKNOWN, toAmountUnits } from './money.js';
import { slots } from './transaction-slots.js';
import { readTotals, type WindowTotals } from './window-totals.js';

/** What a store knew of one entity before the transaction's own event. */
export type EntityState =
  | { readonly kind: 'ring'; readonly event: EntityEvent; readonly ring: RingView }
  | { readonly kind: 'tiles'; readonly event: EntityEvent; readonly tiles: TileSet };

/**
 * Fills the feature slots of a record: the same function online and offline, so that training sees
 * what serving saw.
 *
 * The order of `states` does not matter. Entities that are absent or null (unavailable) leave their
 * features at the declared default, else missing (NaN).
 *
 * @param nowMs  The transaction's event time: windows are (now - delay - window, now - delay].
 */
export function computeFeatures(
  plan: FeaturePlan,
  record: SignalRecord,
  states: readonly (EntityState | null)[],
  nowMs: number,
): void {
  const { numbers } = record;
  for (const entity of plan.entities) {
    for (const output of entity.outputs) numbers[output.slot] = output.defaultValue;
  }
  const currency = record.strings[slots.currency] ?? null;
  const units = toAmountUnits(numbers[slots.amountMinor]!, currency, plan.amounts);
  const currentUnits = units === AMOUNT_UNKNOWN ? Number.NaN : units;
  for (const state of states) {
    if (state === null) continue;
    const { entity } = state.event;
    const lostUntilMs = state.kind === 'ring' ? state.ring.lostUntilMs : 0;
    const input = { nowMs, currentUnits, lostUntilMs };
    fillEntity(entity, numbers, accumulate(state, nowMs), input);
  }
  computeDerived(plan, record);
}

/**
 * Fills the slots of derived features from what the record holds.
 *
 * @param given Slots whose values stay as they are.
 */
export function computeDerived(
  plan: FeaturePlan,
  record: SignalRecord,
  given: ReadonlySet<number> = NOTHING_GIVEN,
): void {
  for (const feature of plan.derived) {
    if (given.has(feature.slot)) continue;
    const value = feature.expression.evaluate(record);
    record.numbers[feature.slot] = Number.isNaN(value) ? feature.defaultValue : value;
  }
}

const NOTHING_GIVEN: ReadonlySet<number> = new Set();

function accumulate(state: EntityState, nowMs: number): readonly WindowTotals[] {
  const { entity, record } = state.event;
  if (state.kind === 'ring') {
    for (const group of entity.ringGroups) group.accumulate(state.ring, record, nowMs);
    return entity.ringGroups;
  }
  for (const group of entity.tileGroups) group.accumulate(state.tiles, record, nowMs);
  return entity.tileGroups;
}

interface FillInput {
  readonly nowMs: number;
  readonly currentUnits: number;
  readonly lostUntilMs: number;
}

function fillEntity(
  entity: EntityPlan,
  numbers: Float64Array,
  groups: readonly WindowTotals[],
  input: FillInput,
): void {
  for (const output of entity.outputs) {
    const { reading } = output;
    const value =
      reading.aggregate === 'truncated'
        ? Number(input.lostUntilMs > input.nowMs - reading.windowMs)
        : readTotals(groups[output.group]!, reading, input.currentUnits);
    numbers[output.slot] = Number.isNaN(value) ? output.defaultValue : value;
  }
}
