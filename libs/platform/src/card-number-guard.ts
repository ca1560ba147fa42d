import { AppError } from '#contracts/app-error.js';

const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
const SEPARATORS_MAX = 3; // "4111 - 1111" still reads as one number.
const DEPTH_MAX = 32; // Our schemas need 3; a bound keeps the walk off the end of the stack.
const NUMBER_MIN = 10 ** (DIGITS_MIN - 1);
const NUMBER_MAX = 10 ** DIGITS_MAX;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX_WITH_LETTER = /^(?=.*[a-f])[0-9a-f]+$/i;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Space and dash, and the typographic ones that word processors put in their place. */
function isSeparator(code: number): boolean {
  return (
    code === 32 ||
    code === 45 ||
    code === 0xa0 ||
    (code >= 0x2000 && code <= 0x2015) ||
    code === 0x202f
  );
}

/** The alphanumeric text around a position range, dashes included where asked. */
function wordAround(text: string, from: number, to: number, word: RegExp): string {
  let start = from;
  let end = to;
  while (start > 0 && word.test(text.charAt(start - 1))) start -= 1;
  while (end < text.length && word.test(text.charAt(end))) end += 1;
  return text.slice(start, end);
}

/** Part of a UUID, or of a hash in hexadecimal: digits there mean nothing. */
function isWithinIdentifier(text: string, from: number, to: number): boolean {
  return (
    UUID.test(wordAround(text, from, to, /[0-9a-z-]/i)) ||
    HEX_WITH_LETTER.test(wordAround(text, from, to, /[0-9a-z]/i))
  );
}

/**
 * Whether some whole groups of digits in text[from, to) together are a card number. Groups are
 * digits between separators; prefix sums make each candidate O(1), so a hostile text costs no more
 * than its length.
 */
function hasCardNumber(text: string, from: number, to: number): boolean {
  const positions: number[] = [];
  const starts: number[] = []; // Digit index at which each group begins; one more for the end.
  // sums[p][k]: Luhn sum of the first k digits when those of index parity p are doubled (ISO/IEC
  // 7812-1, annex B).
  const even: number[] = [0];
  const odd: number[] = [0];
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) continue;
    const index = positions.length;
    if (index === 0 || positions[index - 1] !== at - 1) starts.push(index);
    positions.push(at);
    const digit = code - 48;
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
    even.push((even[index] ?? 0) + (index % 2 === 0 ? doubled : digit));
    odd.push((odd[index] ?? 0) + (index % 2 === 1 ? doubled : digit));
  }
  starts.push(positions.length);
  for (let first = 0; first < starts.length - 1; first += 1) {
    const begin = starts[first] ?? 0;
    for (let last = first + 1; last < starts.length; last += 1) {
      const end = starts[last] ?? 0;
      const count = end - begin;
      if (count > DIGITS_MAX) break;
      if (count < DIGITS_MIN) continue;
      // The last digit is not doubled, so the doubled ones have the parity of its neighbour.
      const sums = end % 2 === 0 ? even : odd;
      const sum = (sums[end] ?? 0) - (sums[begin] ?? 0);
      const textFrom = positions[begin] ?? from;
      const textTo = (positions[end - 1] ?? to) + 1;
      if (sum > 0 && sum % 10 === 0 && !isWithinIdentifier(text, textFrom, textTo)) return true;
    }
  }
  return false;
}

/**
 * Whether a text holds what reads as a card number: 13 to 19 digits that pass the Luhn check, with
 * or without spaces or dashes between them. UUIDs and hexadecimal hashes are not looked into; zeros
 * alone are no number.
 */
export function textHasCardNumber(text: string): boolean {
  if (text.length < DIGITS_MIN) return false;
  let digits = 0;
  let begin = 0;
  let separators = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) {
      if (digits === 0) begin = at;
      digits += 1;
      separators = 0;
    } else if (digits > 0) {
      separators += 1;
      if (separators > SEPARATORS_MAX || !isSeparator(code)) {
        if (digits >= DIGITS_MIN && hasCardNumber(text, begin, at)) return true;
        digits = 0;
        separators = 0;
      }
    }
  }
  return digits >= DIGITS_MIN && hasCardNumber(text, begin, text.length);
}

/**
 * JSON numbers beyond 2^53 have lost digits, so the check cannot be made: they count as card
 * numbers.
 */
function numberIsCardNumber(value: number): boolean {
  const size = Math.abs(value);
  if (size < NUMBER_MIN || size >= NUMBER_MAX || !Number.isInteger(value)) return false;
  return size > Number.MAX_SAFE_INTEGER || textHasCardNumber(String(size));
}

function isBelowAmount(depth: number, parentKey: string, key: string): boolean {
  return depth === 1 && parentKey === 'amount' && key === 'value';
}

function walk(value: unknown, depth: number, parentKey: string): boolean {
  if (typeof value === 'string') return textHasCardNumber(value);
  if (typeof value === 'number') return numberIsCardNumber(value);
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= DEPTH_MAX) {
    throw new AppError('REQUEST_INVALID', {
      detail: `The body is nested deeper than ${DEPTH_MAX} levels.`,
    });
  }
  if (Array.isArray(value)) {
    for (const entry of value as unknown[]) {
      if (walk(entry, depth + 1, '')) return true;
    }
    return false;
  }
  const record = value as Readonly<Record<string, unknown>>;
  for (const key in record) {
    if (textHasCardNumber(key)) return true;
    if (isBelowAmount(depth, parentKey, key) && typeof record[key] === 'number') continue;
    if (walk(record[key], depth + 1, key)) return true;
  }
  return false;
}

/** Where the card number is, as a JSON pointer; the name itself is left out when it is the name. */
function locate(value: unknown, depth: number, parentKey: string): string {
  if (typeof value !== 'object' || value === null) return '';
  for (const [key, entry] of Object.entries(value)) {
    if (textHasCardNumber(key)) return '';
    if (isBelowAmount(depth, parentKey, key) && typeof entry === 'number') continue;
    if (walk(entry, depth + 1, key)) {
      return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}${locate(entry, depth + 1, key)}`;
    }
  }
  return '';
}

/**
 * Refuses a body in which any string, number or name holds a card number (PCI DSS 3.5: what is
 * never received need not be protected). The amount is exempt: it is a number of up to 13 digits by
 * nature.
 */
export function refuseCardNumbers(body: unknown): void {
  if (!walk(body, 0, '')) return;
  throw new AppError('CARD_NUMBER_REFUSED', {
    detail:
      'Send a token, never a card number. An id that only looks like one (13 to 19 digits that pass the Luhn ' +
      'check, or a number of more than 16 digits) can be sent as a text with a letter in it.',
    errors: [{ pointer: locate(body, 0, ''), detail: 'reads as a card number' }],
  });
}
