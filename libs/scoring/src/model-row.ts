import type { SignalRecord, SignalSchema } from '#contracts/signals.js';

/**
 * Writes one transaction's model input into `target`, features in manifest order, missing as NaN.
 */
export type ModelRowWriter = (record: SignalRecord, target: Float32Array) => void;

export type BoundModelRow =
  | { readonly ok: true; readonly value: ModelRowWriter }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Finds each feature of a model in the signals, once, so that a row is read by slot.
 *
 * @param features  Names in input order; each must be a number or a boolean (read as 0 or 1).
 * @returns The writer, or one sentence for each feature that the signals cannot give.
 */
export function bindModelRow(features: readonly string[], schema: SignalSchema): BoundModelRow {
  const errors: string[] = [];
  const slots = new Uint16Array(features.length);
  features.forEach((name, index) => {
    const slot = schema.slotOf(name);
    const definition = schema.definitionOf(name);
    if (slot === undefined || definition === undefined) {
      errors.push(`feature ${name} is not in the feature catalogue: declare it or train without`);
    } else if (definition.origin === 'score') {
      errors.push(`feature ${name} is a model's own score: train without it`);
    } else if (definition.type !== 'number' && definition.type !== 'boolean') {
      errors.push(`feature ${name} is a ${definition.type}: a model reads numbers and booleans`);
    } else {
      slots[index] = slot;
    }
  });
  if (errors.length > 0) return { ok: false, errors };
  return {
    ok: true,
    value: (record, target) => {
      const { numbers } = record;
      // Every slot was found in this schema, so the read is in bounds.
      for (let i = 0; i < slots.length; i += 1) target[i] = numbers[slots[i] as number] as number;
    },
  };
}
