import type { SignalRecord } from '#contracts/signals.js';

import type { ListCatalogue } from './lists.js';
import type { Truth } from './truth.js';
import type { TypedNode } from './typed-node.js';

/** NaN is unknown. Timestamps are epoch ms. */
export type NumberClosure = (record: SignalRecord) => number;
export type TruthClosure = (record: SignalRecord) => Truth;
/** Null is unknown. */
export type TextClosure = (record: SignalRecord) => string | null;

/**
 * Builds the closure of a sub-expression by its type; the files that build one kind call the others
 * through it.
 */
export interface ClosureBuilders {
  readonly lists: ListCatalogue | undefined;
  /**
   * The slot of `event_time`, by which list entries expire; undefined where the schema has none.
   */
  readonly eventTimeSlot: number | undefined;
  readonly number: (node: TypedNode) => NumberClosure;
  readonly truth: (node: TypedNode) => TruthClosure;
  readonly text: (node: TypedNode) => TextClosure;
}
