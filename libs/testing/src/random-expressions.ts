import fc, { type Arbitrary } from 'fast-check';
import { SignalSchema, type SignalRecord, type SignalType } from '#contracts/signals.js';

const signal = (name: string, type: SignalType) =>
  ({ name, type, origin: 'transaction', description: '' }) as const;

/** A few signals of each type; few, so that random expressions meet the same one often. */
export const expressionSchema = new SignalSchema([
  signal('event_time', 'timestamp'),
  signal('a', 'number'),
  signal('b', 'number'),
  signal('c', 'number'),
  signal('text_a', 'string'),
  signal('text_b', 'string'),
  signal('flag', 'boolean'),
  signal('other_flag', 'boolean'),
  signal('card', 'token'),
  signal('score', 'number'),
]);

const numberNames = ['a', 'b', 'c', 'score'] as const;
const textNames = ['text_a', 'text_b'] as const;
const flagNames = ['flag', 'other_flag'] as const;

const numbers = [-2, -1, 0, 0.5, 1, 2, 3, 10, 1_000_000] as const;
const texts = ['', 'AT', 'DE', 'at', 'shop.example', 'ä"\\', '😀'] as const;
const timesMs = ['2025-12-31T23:59:59.999Z', '2026-03-29T01:30:00Z', '2026-07-01T12:00:00Z'].map(
  (text) => Date.parse(text),
);

export interface ExpressionOptions {
  /** Whether `has`, `is_missing` and `coalesce`, which ask what is missing, may occur. */
  readonly presence: boolean;
  /** Names of lists that `in_list` may ask for `card`. */
  readonly lists: readonly string[];
}

/** Sources of conditions: well typed, of every construct of the language. */
export function conditions(options: ExpressionOptions): Arbitrary<string> {
  return fc.letrec<{ truth: string; number: string; text: string }>((tie) => {
    const truth = tie('truth');
    const number = tie('number');
    const text = tie('text');
    return {
      truth: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        ...plainConditions(options),
        infix(number, ['==', '!=', '<', '<=', '>', '>='], number),
        infix(text, ['==', '!='], text),
        infix(truth, ['==', '!='], truth),
        call(fc.constantFrom('starts_with', 'ends_with', 'contains'), text, text),
        fc.tuple(text, fc.array(text, { minLength: 1, maxLength: 3 })).map(member),
        fc.tuple(number, fc.array(number, { minLength: 1, maxLength: 3 })).map(member),
        fc
          .array(truth, { minLength: 2, maxLength: 4 })
          .map((parts) => parts.map(wrap).join(' && ')),
        fc
          .array(truth, { minLength: 2, maxLength: 4 })
          .map((parts) => parts.map(wrap).join(' || ')),
        truth.map((operand) => `!(${operand})`),
        ternary(truth, truth),
        ...(options.presence
          ? [
              call(fc.constantFrom('has', 'is_missing'), fc.oneof(truth, number, text)),
              call(fc.constant('coalesce'), truth, truth),
            ]
          : []),
      ),
      number: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(...numberNames),
        fc.constantFrom(...numbers).map((value) => (value < 0 ? `(${value})` : String(value))),
        infix(number, ['+', '-', '*', '/', '%'], number),
        call(fc.constantFrom('abs', 'round', 'floor', 'ceil', 'sqrt', 'log'), number),
        call(fc.constantFrom('min', 'max'), number, number),
        call(fc.constant('size'), text),
        call(fc.constantFrom('hour', 'day_of_week', 'month'), fc.constant('event_time')),
        ternary(truth, number),
        ...(options.presence ? [call(fc.constant('coalesce'), number, number)] : []),
      ),
      text: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(...textNames),
        fc.constantFrom(...texts).map((value) => JSON.stringify(value)),
        call(fc.constantFrom('lower', 'upper'), text),
        ternary(truth, text),
        ...(options.presence ? [call(fc.constant('coalesce'), text, text)] : []),
      ),
    };
  }).truth;
}

/** What analysts write most: one signal against one literal. */
function plainConditions({ lists }: ExpressionOptions): Arbitrary<string>[] {
  const operators = ['==', '!=', '<', '<=', '>', '>='] as const;
  const plain = [
    infix(fc.constantFrom(...numberNames), operators, fc.constantFrom(...numbers).map(String)),
    infix(fc.constantFrom(...numbers).map(String), operators, fc.constantFrom(...numberNames)),
    infix(
      fc.constantFrom(...textNames),
      ['==', '!='],
      fc.constantFrom(...texts).map((value) => JSON.stringify(value)),
    ),
    fc.constantFrom(...flagNames),
    fc.constantFrom(...flagNames).map((name) => `!${name}`),
    infix(fc.constantFrom(...flagNames), ['==', '!='], fc.constantFrom('true', 'false')),
  ];
  if (lists.length === 0) return plain;
  return [...plain, fc.constantFrom(...lists).map((name) => `in_list("${name}", card)`)];
}

/** Conjunctions of plain conditions, as most rules are, with now and then any other condition. */
export function ruleConditions(options: ExpressionOptions): Arbitrary<string> {
  const plain = fc.oneof(...plainConditions(options));
  const part = fc.oneof(
    { weight: 5, arbitrary: plain },
    { weight: 1, arbitrary: conditions(options) },
  );
  return fc
    .array(part, { minLength: 1, maxLength: 5 })
    .map((parts) => parts.map(wrap).join(' && '));
}

/** A record of `expressionSchema`. @param missing Whether values may be missing. */
export function records(missing: boolean): Arbitrary<SignalRecord> {
  const number = fc.oneof(fc.constantFrom<number>(...numbers), fc.double({ noNaN: true }));
  const text = fc.constantFrom<string>(...texts);
  const valueOf = (type: SignalType): Arbitrary<number | string> => {
    switch (type) {
      case 'number':
        return number;
      case 'boolean':
        return fc.constantFrom(0, 1);
      case 'timestamp':
        return fc.constantFrom(...timesMs);
      case 'string':
      case 'token':
        return text;
    }
  };
  const values = expressionSchema.definitions.map(({ type }) =>
    fc.option(valueOf(type), { nil: null, freq: missing ? 2 : Number.MAX_SAFE_INTEGER }),
  );
  return fc.tuple(...values).map((cells) => {
    const record = expressionSchema.emptyRecord();
    cells.forEach((cell, slot) => {
      if (typeof cell === 'string') record.strings[slot] = cell;
      else if (cell !== null) record.numbers[slot] = cell;
    });
    return record;
  });
}

function infix(
  left: Arbitrary<string>,
  operators: readonly string[],
  right: Arbitrary<string>,
): Arbitrary<string> {
  return fc
    .tuple(left, fc.constantFrom(...operators), right)
    .map(([a, operator, b]) => `${wrap(a)} ${operator} ${wrap(b)}`);
}

function call(name: Arbitrary<string>, ...args: Arbitrary<string>[]): Arbitrary<string> {
  return fc
    .tuple(name, fc.tuple(...args))
    .map(([written, values]) => `${written}(${values.join(', ')})`);
}

function ternary(condition: Arbitrary<string>, value: Arbitrary<string>): Arbitrary<string> {
  return fc
    .tuple(condition, value, value)
    .map(([c, a, b]) => `${wrap(c)} ? ${wrap(a)} : ${wrap(b)}`);
}

function member([value, items]: readonly [string, readonly string[]]): string {
  return `${wrap(value)} in [${items.join(', ')}]`;
}

function wrap(source: string): string {
  return /^[\w".]+$/.test(source) ? source : `(${source})`;
}
