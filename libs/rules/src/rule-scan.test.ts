import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SignalRecord } from '#contracts/signals.js';
import { compilePredicate, type Predicate } from '#expression/compile.js';
import type { ListCatalogue } from '#expression/lists.js';
import { FALSE, type Truth } from '#expression/truth.js';
import {
  expressionSchema as schema,
  records,
  ruleConditions,
} from '#testing/random-expressions.js';

import { RuleScan } from './rule-scan.js';
import { nextUp } from './scan-plan.js';

const has = (value: string) => value.length % 2 === 0;
const lists: ListCatalogue = {
  names: () => ['even'],
  find: (name) => (name === 'even' ? { name, kind: 'card', tokenKind: 'card', has } : undefined),
};

function compile(source: string): Predicate | null {
  const compiled = compilePredicate(source, { schema, lists });
  return compiled.ok ? compiled.value : null;
}

function scanned(predicates: readonly Predicate[], record: SignalRecord): Truth[] {
  const truths = predicates.map((): Truth => FALSE);
  new RuleScan(predicates, { schema, lists }).run(record, 0, (index, truth) => {
    truths[index] = truth;
  });
  return truths;
}

function truthOf(source: string, values: Readonly<Record<string, number | string>>): Truth {
  const record = schema.emptyRecord();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') record.strings[schema.slotOf(name)!] = value;
    else record.numbers[schema.slotOf(name)!] = value;
  }
  return scanned([compile(source)!], record)[0]!;
}

describe('a scan of many rules', () => {
  test('finds what the conditions one by one find, on random rules and records', () => {
    const source = ruleConditions({ presence: true, lists: ['even'] });
    const rules = fc.array(source, { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        rules,
        fc.array(records(true), { minLength: 3, maxLength: 8 }),
        (sources, several) => {
          const predicates = sources.flatMap((each) => compile(each) ?? []);
          const scan = new RuleScan(predicates, { schema, lists });
          for (const record of several) {
            const truths = predicates.map((): Truth => FALSE);
            scan.run(record, 0, (index, truth) => {
              truths[index] = truth;
            });
            expect(truths).toEqual(predicates.map((predicate) => predicate.evaluate(record)));
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test.each<[string, Readonly<Record<string, number | string>>, Truth]>([
    ['a > 5', { a: 5 }, 0],
    ['a > 5', { a: nextUp(5) }, 1],
    ['a < 5', { a: -nextUp(-5) }, 1],
    ['a > 0', { a: Number.MIN_VALUE }, 1],
    ['a > 0', { a: -0 }, 0],
    ['a < 0', { a: -Number.MIN_VALUE }, 1],
    ['a >= 0', { a: -0 }, 1],
    ['a > 5', { a: Number.POSITIVE_INFINITY }, 1],
    ['a < 5', { a: Number.NEGATIVE_INFINITY }, 1],
    ['a > 5', {}, 2],
    ['a > 5 && b > 5', { b: 1 }, 0],
    ['a > 5 && b > 5', { b: 9 }, 2],
    ['text_a == "AT" && a > 5', { text_a: 'DE', a: 9 }, 0],
    ['text_a == "AT" && a > 5', { text_a: 'AT', a: 9 }, 1],
    ['text_a == "AT" && a > 5', { a: 9 }, 2],
    ['text_a == "AT" && a > 5', { a: 1 }, 0],
    ['flag && !other_flag', { flag: 1, other_flag: 0 }, 1],
    ['flag == false', { flag: 1 }, 0],
    ['true', {}, 1],
    ['a + b > 3', { a: 2 }, 2],
    ['a < 1.7976931348623157e308', { a: Number.MAX_VALUE }, 0],
    ['a > 1.7976931348623157e308', { a: Number.POSITIVE_INFINITY }, 1],
  ])('%s with %j', (source, values, expected) => {
    expect(truthOf(source, values)).toBe(expected);
  });

  test('visits in the order of the rules and can go on behind one', () => {
    const predicates = ['a > 1', 'b > 1', 'a + b > 1', 'a > 2'].map((source) => compile(source)!);
    const record = schema.emptyRecord();
    record.numbers.fill(3);
    const seen: number[] = [];
    new RuleScan(predicates, { schema, lists }).run(record, 1, (index) => seen.push(index));
    expect(seen).toEqual([1, 2, 3]);
  });

  test('conditions that differ only in the sign of zero are not shared', () => {
    const predicates = ['1 / (a * -0) > 1', '1 / (a * 0) > 1'].map((source) => compile(source)!);
    const record = schema.emptyRecord();
    record.numbers.fill(3);
    expect(scanned(predicates, record)).toEqual([0, 1]);
  });

  test('a shared condition is asked once a record, and anew for the next', () => {
    let asked = 0;
    const counting: ListCatalogue = {
      names: () => ['even'],
      find: (name) => ({
        name,
        kind: 'card',
        tokenKind: 'card',
        has: (value) => {
          asked += 1;
          return has(value);
        },
      }),
    };
    const sources = ['in_list("even", card)', 'a > 1 && in_list("even", card)'];
    const predicates = sources.map((source) => compile(source)!);
    const scan = new RuleScan(predicates, { schema, lists: counting });
    const record = schema.emptyRecord();
    record.numbers.fill(3);
    const found: number[] = [];
    for (const card of ['ab', 'abc']) {
      record.strings[schema.slotOf('card')!] = card;
      scan.run(record, 0, (index) => found.push(index));
    }
    expect([asked, found]).toEqual([2, [0, 1]]);
  });
});
