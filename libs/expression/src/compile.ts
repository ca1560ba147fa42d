import type { SignalRecord, SignalSchema } from '#contracts/signals.js';

import { checkExpression } from './check.js';
import { createBuilders } from './closures.js';
import type { ListCatalogue } from './lists.js';
import { parseCel } from './parse.js';
import { ExpressionRefused, type ExpressionProblem } from './problem.js';
import { refusalByCel } from './second-opinion.js';
import type { Truth } from './truth.js';
import { signalsOf, type TypedNode } from './typed-node.js';

/** What an expression may name. */
export interface ExpressionEnvironment {
  readonly schema: SignalSchema;
  readonly lists?: ListCatalogue;
}

export type Compiled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

export interface Predicate {
  readonly source: string;
  /** The slots it reads, ascending. */
  readonly slots: readonly number[];
  readonly node: TypedNode;
  readonly evaluate: (record: SignalRecord) => Truth;
}

export interface NumericExpression {
  readonly source: string;
  /** The slots it reads, ascending. */
  readonly slots: readonly number[];
  readonly node: TypedNode;
  /** NaN is unknown. */
  readonly evaluate: (record: SignalRecord) => number;
}

/**
 * Compiles a condition: an expression that is true, false or, where a value it needs is missing,
 * unknown.
 *
 * Evaluation reads slots only, allocates nothing, has no loops over data and is bounded by the size
 * of the expression.
 */
export function compilePredicate(
  source: string,
  environment: ExpressionEnvironment,
): Compiled<Predicate> {
  return attempt(source, environment, (node) => {
    if (node.type !== 'boolean') {
      const found = node.type === 'number' ? 'a number' : `a ${node.type}`;
      const hint = node.type === 'number' ? 'compare it, such as x > 0' : undefined;
      throw new ExpressionRefused(`a condition must be true or false, this is ${found}`, 0, hint);
    }
    const evaluate = createBuilders(environment.schema, environment.lists).truth(node);
    return { source, slots: signalsOf(node).map((signal) => signal.slot), node, evaluate };
  });
}

/** Compiles a value: a number, a time (epoch ms), or a condition, which becomes 0 or 1. */
export function compileNumeric(
  source: string,
  environment: ExpressionEnvironment,
): Compiled<NumericExpression> {
  return attempt(source, environment, (node) => {
    const slots = signalsOf(node).map((signal) => signal.slot);
    const builders = createBuilders(environment.schema, environment.lists);
    switch (node.type) {
      case 'number':
      case 'timestamp':
        return { source, slots, node, evaluate: builders.number(node) };
      case 'boolean': {
        const truth = builders.truth(node);
        const values = Float64Array.of(0, 1, Number.NaN);
        return { source, slots, node, evaluate: (record) => values[truth(record)]! };
      }
      case 'string':
      case 'token':
        throw new ExpressionRefused(`a number is needed, this is a ${node.type}`, 0);
    }
  });
}

function attempt<T>(
  source: string,
  environment: ExpressionEnvironment,
  build: (node: TypedNode) => T,
): Compiled<T> {
  try {
    const scope = { schema: environment.schema, lists: environment.lists };
    const node = checkExpression(parseCel(source), scope);
    const refusal = refusalByCel(node, environment.schema);
    if (refusal !== null) return { ok: false, problems: [{ message: refusal, position: 0 }] };
    return { ok: true, value: build(node) };
  } catch (error) {
    if (error instanceof ExpressionRefused) return { ok: false, problems: [error.problem] };
    throw error;
  }
}
