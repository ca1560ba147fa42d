import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CelOracle } from '#testing/cel-oracle.js';
import {
  conditions,
  expressionSchema as schema,
  records,
  ruleConditions,
} from '#testing/random-expressions.js';

import { compilePredicate, type Predicate } from './compile.js';
import { printExpression } from './print.js';
import { traceCondition } from './trace.js';
import { TRUE, truthName, UNKNOWN } from './truth.js';

const plain = { presence: false, lists: [] };
const oracle = new CelOracle(schema);

function compile(source: string): Predicate | null {
  const compiled = compilePredicate(source, { schema });
  return compiled.ok ? compiled.value : null;
}

describe('against the evaluator of cel-js', () => {
  test.each([
    ['conditions of every construct', conditions(plain)],
    ['conditions as analysts write them', ruleConditions(plain)],
  ])('%s come out alike on values that are present', (_, source) => {
    let compared = 0;
    const numRuns = 1_500;
    fc.assert(
      fc.property(source, records(false), (text, record) => {
        const predicate = compile(text);
        const truth = predicate?.evaluate(record) ?? UNKNOWN;
        // Unknown without a missing value: not a number, such as 0 / 0, where CEL says false.
        if (predicate === null || truth === UNKNOWN) return;
        compared += 1;
        expect(oracle.evaluate(predicate.node, record)).toBe(truth === TRUE);
      }),
      { numRuns },
    );
    expect(compared).toBeGreaterThan(numRuns * 0.8);
  });
});

describe('on random conditions and records with missing values', () => {
  const everything = conditions({ presence: true, lists: [] });

  test('the canonical spelling reads back as the same condition', () => {
    fc.assert(
      fc.property(everything, records(true), (text, record) => {
        const predicate = compile(text);
        if (predicate === null) return;
        const canonical = printExpression(predicate.node);
        const again = compile(canonical)!;
        expect(printExpression(again.node)).toBe(canonical);
        expect(again.evaluate(record)).toBe(predicate.evaluate(record));
      }),
      { numRuns: 500 },
    );
  });

  test('filling in what is missing never turns what was definite', () => {
    const source = conditions(plain);
    fc.assert(
      fc.property(source, records(true), records(false), (text, gaps, full) => {
        const predicate = compile(text);
        if (predicate === null) return;
        const before = predicate.evaluate(gaps);
        gaps.numbers.forEach((value, slot) => {
          if (Number.isNaN(value)) gaps.numbers[slot] = full.numbers[slot]!;
          gaps.strings[slot] ??= full.strings[slot]!;
        });
        expect(before === UNKNOWN || before === predicate.evaluate(gaps)).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  test('a trace says what evaluation says', () => {
    fc.assert(
      fc.property(everything, records(true), (text, record) => {
        const predicate = compile(text);
        if (predicate === null) return;
        const trace = traceCondition(predicate.node, record, { schema });
        expect(trace.outcome).toBe(truthName(predicate.evaluate(record)));
      }),
      { numRuns: 300 },
    );
  });
});
