import { isTextType, type SignalRecord, type SignalSchema } from '#contracts/signals.js';
import { UserError } from '../cli/user-error.js';

export type SignalValue = number | string | null;

/** The columns of a feature file after the id: what was asked for by name, then every feature. */
export interface SignalColumns {
  readonly names: readonly string[];
  /** The values of one payment; missing ones are null. */
  read(record: SignalRecord): readonly SignalValue[];
}

/** @param extra  Signals to put before the features, such as event_time or amount. */
export function signalColumns(
  schema: SignalSchema,
  features: readonly string[],
  extra: readonly string[],
): SignalColumns {
  const names = [...extra, ...features.filter((name) => !extra.includes(name))];
  const places = names.map((name) => {
    const slot = schema.slotOf(name);
    const definition = schema.definitionOf(name);
    if (slot === undefined || definition === undefined) {
      throw new UserError(`no signal is named ${name}`, 'see docs/reference for the names');
    }
    return { slot, isText: isTextType(definition.type) };
  });
  return {
    names,
    read: ({ numbers, strings }) =>
      places.map(({ slot, isText }) => {
        if (isText) return strings[slot] ?? null;
        const value = numbers[slot] ?? Number.NaN;
        return Number.isNaN(value) ? null : value;
      }),
  };
}

/** The same columns from a reply's features, where booleans are words. */
export function columnsOfReply(
  features: Readonly<Record<string, SignalValue | boolean>>,
  names: readonly string[],
): readonly SignalValue[] {
  return names.map((name) => {
    const value = features[name] ?? null;
    return typeof value === 'boolean' ? Number(value) : value;
  });
}
