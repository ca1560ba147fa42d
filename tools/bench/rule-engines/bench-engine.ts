import type { SignalRecord, SignalSchema } from '#contracts/signals.js';
import type { BenchCondition, BenchWorkload } from '../rule-workload.js';

export interface BenchSignals {
  readonly schema: SignalSchema;
  readonly records: readonly SignalRecord[];
}

/**
 * Asks every rule about the nth payment. @returns The indexes of the rules that hit, in any order.
 */
export type AskRules = (nth: number) => readonly number[] | Promise<readonly number[]>;

/**
 * Loads and compiles the rules, and brings the payments into the form that the engine takes: none
 * of it is timed.
 */
export type LoadRules = (workload: BenchWorkload, signals: BenchSignals) => AskRules;

/** The names of the signals that the rules read. */
export function signalsOf({ rules }: BenchWorkload): readonly string[] {
  const names = new Set<string>();
  for (const condition of rules.flat()) {
    for (const name of signalsOfCondition(condition)) names.add(name);
  }
  return [...names].toSorted();
}

function signalsOfCondition(condition: BenchCondition): readonly string[] {
  if (condition.kind === 'before-hour') return ['event_time'];
  if (condition.kind === 'differ') return [condition.signal, condition.other];
  return [condition.signal];
}

/** A value of a payment by the name of its signal, as JavaScript has it. */
export function valueOf(
  { schema, records }: BenchSignals,
  nth: number,
  name: string,
): number | string {
  const slot = schema.slotOf(name)!;
  const { type } = schema.definitions[slot]!;
  const record = records[nth]!;
  return type === 'string' || type === 'token' ? record.strings[slot]! : record.numbers[slot]!;
}
