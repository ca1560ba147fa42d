/**
 * Signals are everything a rule, a derived feature or a model may look at for one transaction: its
 * own fields, its feature values and the model's score. They live in fixed slots, so that compiled
 * rules read arrays, not objects.
 *
 * `token` is a personal value that was replaced by its keyed hash at the door: rules may look it up
 * in lists or compare it with another token, never with a literal.
 */
export type SignalType = 'number' | 'boolean' | 'string' | 'timestamp' | 'token';
export type SignalOrigin = 'transaction' | 'feature' | 'score';

export interface SignalDefinition {
  readonly name: string;
  readonly type: SignalType;
  readonly origin: SignalOrigin;
  readonly description: string;
}

/**
 * The values of one transaction, indexed by slot. Numbers, booleans (0 or 1) and timestamps (epoch
 * ms) are in `numbers`, where NaN is missing; strings and tokens are in `strings`, where null is
 * missing.
 */
export interface SignalRecord {
  readonly numbers: Float64Array;
  readonly strings: (string | null)[];
}

/** An ordered, closed set of signals; the slot of a signal is its position. */
export class SignalSchema {
  private readonly slots = new Map<string, number>();

  constructor(readonly definitions: readonly SignalDefinition[]) {
    definitions.forEach((definition, slot) => {
      if (this.slots.has(definition.name)) {
        throw new Error(`two signals are named ${definition.name}`);
      }
      this.slots.set(definition.name, slot);
    });
  }

  get size(): number {
    return this.definitions.length;
  }

  slotOf(name: string): number | undefined {
    return this.slots.get(name);
  }

  definitionOf(name: string): SignalDefinition | undefined {
    const slot = this.slots.get(name);
    return slot === undefined ? undefined : this.definitions[slot];
  }

  emptyRecord(): SignalRecord {
    return {
      numbers: new Float64Array(this.size).fill(Number.NaN),
      strings: Array.from({ length: this.size }, () => null),
    };
  }
}

/** Whether a signal's value lives in `strings` rather than `numbers`. */
export function isTextType(type: SignalType): boolean {
  return type === 'string' || type === 'token';
}
