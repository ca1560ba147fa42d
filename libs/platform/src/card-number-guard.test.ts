import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseCardNumbers, textHasCardNumber } from './card-number-guard.js';

/**
 * The check digit that makes a Luhn-valid number of these digits; written apart from the code under
 * test.
 */
function checkDigit(digits: string): number {
  const sum = Array.from(digits)
    .toReversed()
    .map((digit, index) => (index % 2 === 0 ? Number(digit) * 2 : Number(digit)))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return (10 - (sum % 10)) % 10;
}

const digits = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength, maxLength })
    .map((list) => list.join(''))
    .filter((text) => /[1-9]/.test(text));
const cardNumber = digits(12, 18).map((body) => `${body}${checkDigit(body)}`);
const separated = fc
  .tuple(cardNumber, fc.infiniteStream(fc.constantFrom('', '', '', '-', ' ', ' - ')))
  .map(([number, separators]) =>
    Array.from(number)
      .map((digit, index) => (index === 0 ? '' : separators.next().value) + digit)
      .join(''),
  );

function refuses(body: unknown): boolean {
  try {
    refuseCardNumbers(body);
    return false;
  } catch {
    return true;
  }
}

describe('texts', () => {
  test.each([
    ['4111111111111111', true],
    ['4111 1111 1111 1111', true],
    ['3782-822463-10005', true],
    ['card 4111111111111111 exp 12/27', true],
    ['4111111111111111 12', true],
    ['12 4111111111111111', true],
    ['pan:4111111111111111;', true],
    ['pan4111111111111111', true],
    ['4111\u00a01111\u00a01111\u00a01111', true],
    ['4111111111111112', false],
    ['411111111111', false],
    ['0000000000000000', false],
    ['2026-11-23T10:15:00.123456Z', false],
    ['203.0.113.255', false],
    ['+49 170 1234567', false],
    // An all-digit UUID whose first groups together are Luhn-valid.
    ['41111111-1111-4111-8111-111111111111', false],
    ['9b4111111111111111a7', false],
  ])('%s: %s', (text, found) => {
    expect(textHasCardNumber(text)).toBe(found);
  });

  test('a Luhn-valid number of 13 to 19 digits is found with any separators and words around it', () => {
    const words = fc.constantFrom('', 'pay ', 'x: ', '(', '"');
    fc.assert(
      fc.property(words, separated, fc.constantFrom('', ' please', ', ok', ')'), (a, number, b) => {
        expect(textHasCardNumber(`${a}${number}${b}`)).toBe(true);
      }),
    );
  });

  test('a number with another check digit is not found', () => {
    const wrong = fc
      .tuple(digits(12, 18), fc.integer({ min: 1, max: 9 }))
      .map(([body, off]) => `${body}${(checkDigit(body) + off) % 10}`);
    fc.assert(
      fc.property(wrong, (number) => {
        expect(textHasCardNumber(number)).toBe(false);
      }),
    );
  });

  test('UUIDs, hashes and times are never found', () => {
    const hex = fc
      .array(fc.constantFrom(...Array.from('0123456789abcdef')), { minLength: 8, maxLength: 64 })
      .map((list) => list.join(''))
      .filter((text) => /[a-f]/.test(text));
    const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
    fc.assert(
      fc.property(fc.oneof(fc.uuid(), hex, time), (text) => {
        expect(textHasCardNumber(text)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('bodies', () => {
  test('a card number is found wherever it stands, as a text, a number or a name', () => {
    const body = fc.object({ maxDepth: 4, withNullPrototype: false });
    fc.assert(
      fc.property(body, cardNumber, fc.integer({ min: 0, max: 3 }), (other, number, place) => {
        const hidden = [
          { other, note: number },
          { other, list: [1, [{ deep: number }]] },
          { other, [number]: true },
          { other, value: Number(number) < 1e12 ? number : Number(number) },
        ][place];
        expect(refuses(hidden)).toBe(true);
      }),
    );
  });

  test('the amount is exempt, and nothing else that is named like it', () => {
    expect(refuses({ amount: { value: 4_222_222_222_222, currency: 'EUR' } })).toBe(false);
    expect(refuses({ amount: { value: '4222222222222' } })).toBe(true);
    expect(refuses({ metadata: { amount: { value: 4_222_222_222_222 } } })).toBe(true);
    expect(refuses({ metadata: { value: 4_222_222_222_222 } })).toBe(true);
  });

  test('a number that has lost digits cannot be checked, so it is refused', () => {
    expect(refuses({ metadata: { n: 1e20 } })).toBe(false);
    expect(refuses(JSON.parse('{"n": 9007199254740993}'))).toBe(true);
  });

  test('the error names the place, and never the number', () => {
    const error = (body: unknown): unknown => {
      try {
        return refuseCardNumbers(body);
      } catch (thrown) {
        return thrown;
      }
    };
    expect(error({ a: [{}, { 'b/c': '4111111111111111' }] })).toMatchObject({
      code: 'CARD_NUMBER_REFUSED',
      errors: [{ pointer: '/a/1/b~1c' }],
    });
    expect(error({ a: { '4111111111111111': 1 } })).toMatchObject({ errors: [{ pointer: '/a' }] });
  });

  test('a body nested beyond all reason is refused, not followed off the stack', () => {
    const deep = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`) as unknown;
    expect(() => refuseCardNumbers(deep)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }) as Error,
    );
  });
});
