import { describe, expect, test } from 'vitest';
import { SignalSchema, type SignalType } from '#contracts/signals.js';

import { compileNumeric, compilePredicate } from './compile.js';

// The subset's share of the public conformance tests of CEL (google/cel-spec, tests/simple),
// written down as tables. CEL's errors are unknown here: `x`, `y` and `s` are always missing.
const signal = (name: string, type: SignalType) =>
  ({ name, type, origin: 'transaction', description: '' }) as const;
const schema = new SignalSchema([
  signal('x', 'number'),
  signal('y', 'boolean'),
  signal('s', 'string'),
]);
const missing = schema.emptyRecord();

function outcome(source: string): string {
  const compiled = compilePredicate(source, { schema });
  if (!compiled.ok) return `refused: ${compiled.problems[0]!.message}`;
  return ['false', 'true', 'unknown'][compiled.value.evaluate(missing)]!;
}

function value(source: string): number {
  const compiled = compileNumeric(source, { schema });
  if (!compiled.ok) throw new Error(compiled.problems[0]!.message);
  return compiled.value.evaluate(missing);
}

describe('arithmetic', () => {
  test.each([
    ['40 + 2', 42],
    ['42 - 2', 40],
    ['6 * 7', 42],
    ['42 / 4', 10.5],
    ['43 % 5', 3],
    ['-43 % 5', -3],
    ['-(42)', -42],
    ['-(-(42))', 42],
    ['4.25 + 15.25', 19.5],
    ['42.0 - 12.0', 30],
    ['42.5 * 0.2', 8.5],
    ['64.875 / 412.5', 64.875 / 412.5],
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 * 3 + 1', 7],
    ['5 - 3 - 1', 1],
    ['24 / 4 / 2', 3],
    ['-2 * -3', 6],
    ['0xff', 255],
    ['1e3', 1000],
    ['true ? 1 : 2', 1],
    ['false ? 1 : 2', 2],
    ['false ? 1 : true ? 2 : 3', 2],
    ['true ? 1 : x', 1],
    ['x + 1', Number.NaN],
    ['y ? 1 : 1', 1],
    ['y ? 1 : 2', Number.NaN],
    ['size("")', 0],
    ['size("four")', 4],
    ['size("ÿ")', 1],
    ['size("πέντε")', 5],
    ['size("😁😑😦")', 3],
    ['"four".size()', 4],
    ["size(r'\\1')", 2],
    ['abs(-5)', 5],
    ['ceil(1.2)', 2],
    ['floor(-1.2)', -2],
    ['round(2.5)', 3],
    ['round(-2.5)', -3],
    ['min(3, 1, 2)', 1],
    ['max(3, 1, 2)', 3],
  ])('%s is %s', (source, expected) => {
    expect(value(source)).toBe(expected);
  });
});

describe('conditions', () => {
  test.each([
    // Equality
    ['1 == 1', 'true'],
    ['1 == 2', 'false'],
    ['1 == 1.0', 'true'],
    ['-1 == 1', 'false'],
    ['0.0 == -0.0', 'true'],
    ['1.0e+1 == 10.0', 'true'],
    ["'abc' == 'abc'", 'true'],
    ["'Foo' == 'foo'", 'false'],
    ["'ίσος' == 'ίσος'", 'true'],
    ["'Am\\u00E9lie' == 'Ame\\u0301lie'", 'false'],
    ["'\\u270c' == '✌'", 'true'],
    ["'''x''' == \"x\"", 'true'],
    ["'\\'' == \"'\"", 'true'],
    ["r'a\\n' == 'a\\\\n'", 'true'],
    ['true == true', 'true'],
    ['false == true', 'false'],
    ['1 != 2', 'true'],
    ["'abc' != 'abc'", 'false'],
    ['false != true', 'true'],
    // Order
    ['2 < 3', 'true'],
    ['-1 < 0', 'true'],
    ['0 < 0', 'false'],
    ['0.0 < 0.0000001', 'true'],
    ['1 <= 1', 'true'],
    ['2 <= 1', 'false'],
    ['3 > 2', 'true'],
    ['2 > 2', 'false'],
    ['2 >= 2', 'true'],
    ['1e-3 >= 1e-2', 'false'],
    // Membership
    ['1 in [1, 2, 3]', 'true'],
    ['4 in [1, 2, 3]', 'false'],
    ['1 in [1.0]', 'true'],
    ["'elem' in ['elem', 'elemA', 'elemB']", 'true'],
    ["'not' in ['elem', 'elemA', 'elemB']", 'false'],
    ['true in [false, true]', 'true'],
    ['!(1 in [2])', 'true'],
    ['1 in [x, 1]', 'true'],
    ['1 in [x, 2]', 'unknown'],
    ['x in [1, 2]', 'unknown'],
    // Texts
    ["'foobar'.startsWith('foo')", 'true'],
    ["'foobar'.startsWith('bar')", 'false'],
    ["''.startsWith('')", 'true'],
    ["''.startsWith('foo')", 'false'],
    ["'завтра'.startsWith('за')", 'true'],
    ["'foobar'.endsWith('bar')", 'true'],
    ["'foobar'.endsWith('')", 'true'],
    ["'forté'.endsWith('té')", 'true'],
    ["'Straße'.contains('aß')", 'true'],
    ["'foobar'.contains('')", 'true'],
    ["''.contains('foo')", 'false'],
    ["'🐱😀😁'.contains('😀')", 'true'],
    ["s.contains('foo')", 'unknown'],
    // Precedence and association
    ['true || false && false', 'true'],
    ['(true || false) && false', 'false'],
    ['!false && false', 'false'],
    ['!(false && false)', 'true'],
    ['!!true', 'true'],
    ['1 + 1 == 2 && 2 > 1', 'true'],
    ['1 < 2 == true', 'true'],
    ['2 > 1 in [true]', 'true'],
    ['false ? true : true ? false : true', 'false'],
    ['true ? false || true : false', 'true'],
    ['1 == 1 // and a comment', 'true'],
    ['1\n==\t1', 'true'],
    // Presence
    ['has(x)', 'false'],
    ['has(s)', 'false'],
    ['is_missing(y)', 'true'],
    ['has(x + 1)', 'false'],
    ['has(1)', 'true'],
    ['coalesce(x, 3) == 3', 'true'],
    ['coalesce(x, x) == 3', 'unknown'],
  ])('%s is %s', (source, expected) => {
    expect(outcome(source)).toBe(expected);
  });
});

describe('Kleene logic: what CEL calls an error, a missing value makes unknown', () => {
  const literals = { true: 'true', false: 'false', unknown: 'y' } as const;
  type Truth = keyof typeof literals;
  test.each<[Truth, Truth, Truth, Truth]>([
    // a, b, a && b, a || b
    ['true', 'true', 'true', 'true'],
    ['true', 'false', 'false', 'true'],
    ['true', 'unknown', 'unknown', 'true'],
    ['false', 'true', 'false', 'true'],
    ['false', 'false', 'false', 'false'],
    ['false', 'unknown', 'false', 'unknown'],
    ['unknown', 'true', 'unknown', 'true'],
    ['unknown', 'false', 'false', 'unknown'],
    ['unknown', 'unknown', 'unknown', 'unknown'],
  ])('%s and %s: && is %s, || is %s', (a, b, and, or) => {
    const [left, right] = [literals[a], literals[b]];
    expect(outcome(`${left} && ${right}`)).toBe(and);
    expect(outcome(`${left} || ${right}`)).toBe(or);
    expect(outcome(`!(!${left} || !${right})`)).toBe(and);
    // The same in longer chains, wherever the two stand.
    expect(outcome(`true && ${left} && true && ${right} && true`)).toBe(and);
    expect(outcome(`false || ${left} || false || ${right} || false`)).toBe(or);
  });

  test.each([
    ['!y', 'unknown'],
    ['y == y', 'unknown'],
    ['x == x', 'unknown'],
    ['x != 1', 'unknown'],
    ['s == "a" || s != "a"', 'unknown'],
    ['y ? true : true', 'true'],
    ['y ? true : false', 'unknown'],
    ['y ? x > 1 : false', 'unknown'],
    ['false ? x > 1 : false', 'false'],
    ['0 / (x * 0) > 1 && false', 'false'],
  ])('%s is %s', (source, expected) => {
    expect(outcome(source)).toBe(expected);
  });
});

describe('what is not CEL is refused', () => {
  test.each([
    '1 +',
    '* 1',
    '(1 == 1',
    '1 == 1)',
    '1 == 1 == ',
    "'abc == 'abc'",
    '"a\nb" == "a"',
    '1 = 1',
    '1 === 1',
    'a & b',
    'true and true',
    'not true',
    'x ?? 1',
    'x > 1; x < 2',
    'in [1]',
    '1 in',
    'true ? 1 == 1',
    '[1, 2',
    '1.2.3 > 1',
    // CEL's grammar has it, the parser has not.
    '.5 < 1',
    'x ? true : true',
    '{"a": 1}.a == 1',
    'x.y.z == 1',
    '[1, 2][0] == 1',
    '[1, 2] == [1, 2]',
    '[1].all(i, i > 0)',
    's.matches(".*")',
    '"a" + "b" == "ab"',
    '"a" < "b"',
    '1 == "1"',
    '1 && true',
    '!1',
    '-"a" == "a"',
    '-true',
    '1 in ["a"]',
    'b"a" == b"a"',
    'null == null',
    'unknown_name == 1',
    'unknown_function(1)',
    'size(1) == 1',
    'has()',
  ])('%s', (source) => {
    expect(outcome(source)).toMatch(/^refused: ./);
  });

  test('nesting and length have bounds', () => {
    expect(outcome(`${'('.repeat(30)}true${')'.repeat(30)}`)).toBe('true');
    expect(outcome(`${'!('.repeat(33)}true${')'.repeat(33)}`)).toContain(
      'nested more than 32 deep',
    );
    expect(outcome(`x > 1${' || x > 1'.repeat(200)}`)).toContain('more than 500 parts');
    expect(outcome(`s == "${'a'.repeat(5_000)}"`)).toContain('characters, 4096 are allowed');
    const many = Array.from({ length: 257 }, (_, nth) => nth).join(', ');
    expect(outcome(`x in [${many}]`)).toContain('more than 256 values');
  });
});
