import type { SignalRecord, SignalSchema } from '#contracts/signals.js';

import type { ClosureBuilders } from './closure-builders.js';
import { createBuilders } from './closures.js';
import type { ListCatalogue } from './lists.js';
import { printExpression } from './print.js';
import { truthName } from './truth.js';
import { signalsOf, type SignalNode, type TypedNode } from './typed-node.js';

export type SignalValue = number | string | boolean | null;

/** How one condition came out, and why. */
export interface ExpressionTrace {
  /** The condition in canonical spelling. */
  readonly text: string;
  readonly outcome: 'true' | 'false' | 'unknown';
  /**
   * For a condition without parts: the signals it read. Null is missing, personal values are keyed
   * hashes.
   */
  readonly signals?: Readonly<Record<string, SignalValue>>;
  /** The conditions it is made of, all of them, also those that evaluation did not need. */
  readonly parts?: readonly ExpressionTrace[];
}

export interface TraceEnvironment {
  readonly schema: SignalSchema;
  readonly lists?: ListCatalogue;
}

/**
 * Explains a compiled condition for one record. Compiles its parts anew: for people, not for the
 * hot path.
 */
export function traceCondition(
  node: TypedNode,
  record: SignalRecord,
  environment: TraceEnvironment,
): ExpressionTrace {
  return trace(node, record, createBuilders(environment.schema, environment.lists));
}

function trace(node: TypedNode, record: SignalRecord, builders: ClosureBuilders): ExpressionTrace {
  const text = printExpression(node);
  const outcome = truthName(builders.truth(node)(record));
  const parts = partsOf(node);
  if (parts.length > 0) {
    return { text, outcome, parts: parts.map((part) => trace(part, record, builders)) };
  }
  const values = signalsOf(node).map((signal) => [signal.name, valueOf(signal, record)] as const);
  return { text, outcome, signals: Object.fromEntries(values) };
}

/** The conditions directly inside; a comparison has none, whatever it compares. */
function partsOf(node: TypedNode): readonly TypedNode[] {
  if (node.kind === 'and' || node.kind === 'or') return node.operands;
  if (node.kind === 'not') return [node.operand];
  if (node.kind === 'ternary') return [node.condition, node.whenTrue, node.whenFalse];
  return [];
}

/** A signal's value as people read it. */
export function valueOf(signal: SignalNode, record: SignalRecord): SignalValue {
  if (signal.type === 'string' || signal.type === 'token')
    return record.strings[signal.slot] ?? null;
  const value = record.numbers[signal.slot]!;
  if (Number.isNaN(value)) return null;
  if (signal.type === 'boolean') return value !== 0;
  return signal.type === 'timestamp' ? new Date(value).toISOString() : value;
}
