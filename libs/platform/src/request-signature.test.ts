import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { SignatureCheck, signRequest } from './request-signature.js';

const secret = 'a-secret-of-at-least-32-characters';
const nowMs = 1_763_890_000_000;
const time = '1763890000';
const request = { method: 'POST', path: '/v1/labels?a=1', body: Buffer.from('{"a":1}') };
const signature = signRequest(secret, time, request);
const header = `t=${time},v1=${signature}`;

function codeOf(check: () => void): string {
  try {
    check();
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
const verify = (given: string | undefined, options: { at?: number; secrets?: string[] } = {}) =>
  codeOf(() =>
    new SignatureCheck().verify(given, request, options.secrets ?? [secret], options.at ?? nowMs),
  );

test('the signature is HMAC-SHA-256 over time, dot, method, path and body', () => {
  const expected = createHmac('sha256', secret)
    .update('1763890000.POST/v1/labels?a=1{"a":1}')
    .digest('hex');
  expect(signature).toBe(expected);
});

test.each([
  ['as it should be', header, 'accepted'],
  ['in capitals', `t=${time},v1=${signature.toUpperCase()}`, 'accepted'],
  ['with spaces', `t=${time}, v1=${signature}`, 'accepted'],
  [
    'with another signature before it',
    `t=${time},v1=${'0'.repeat(64)},v1=${signature}`,
    'accepted',
  ],
  ['missing', undefined, 'SIGNATURE_MISSING'],
  ['empty', '', 'SIGNATURE_INVALID'],
  ['without a time', `v1=${signature}`, 'SIGNATURE_INVALID'],
  ['with another time', `t=1763890001,v1=${signature}`, 'SIGNATURE_INVALID'],
  ['cut off', header.slice(0, -1), 'SIGNATURE_INVALID'],
  ['of another secret', `t=${time},v1=${signRequest('x', time, request)}`, 'SIGNATURE_INVALID'],
  ['with too many', `t=${time}${`,v1=${'0'.repeat(64)}`.repeat(5)}`, 'SIGNATURE_INVALID'],
])('a header %s is %s', (_name, given, outcome) => {
  expect(verify(given)).toBe(outcome);
});

test('sixty seconds off is borne either way, more is not', () => {
  expect([-60_000, 60_000].map((off) => verify(header, { at: nowMs + off }))).toEqual([
    'accepted',
    'accepted',
  ]);
  expect([-60_001, 60_001].map((off) => verify(header, { at: nowMs + off }))).toEqual([
    'SIGNATURE_INVALID',
    'SIGNATURE_INVALID',
  ]);
});

test('any secret of the key will do, so that secrets can be rotated', () => {
  expect(verify(header, { secrets: ['new', secret] })).toBe('accepted');
});

test.each([
  ['method', { ...request, method: 'PUT' }],
  ['path', { ...request, path: '/v1/labels' }],
  ['body', { ...request, body: Buffer.from('{"a":2}') }],
])('another %s is not what was signed', (_name, changed) => {
  const check = new SignatureCheck();
  expect(codeOf(() => check.verify(header, changed, [secret], nowMs))).toBe('SIGNATURE_INVALID');
});

test('a signature is taken once, for as long as it could pass', () => {
  const check = new SignatureCheck();
  const at = (ms: number) => codeOf(() => check.verify(header, request, [secret], ms));
  expect(at(nowMs - 60_000)).toBe('accepted');
  for (let off = -59_000; off <= 60_000; off += 1000) {
    expect(at(nowMs + off)).toBe('SIGNATURE_REPLAYED');
  }
});

test('of two signatures of one request, sent while secrets change, the other is a replay', () => {
  const check = new SignatureCheck();
  const secrets = [secret, 'the-next-secret-of-32-characters'];
  const [first, second] = secrets.map((one) => `v1=${signRequest(one, time, request)}`);
  const code = (sent: string) =>
    codeOf(() => check.verify(`t=${time},${sent}`, request, secrets, nowMs));
  expect(code(`${first},${second}`)).toBe('accepted');
  expect([code(`${second}`), code(`${first}`)]).toEqual(Array(2).fill('SIGNATURE_REPLAYED'));
});

test('an attempt within the same second can be signed anew with milliseconds', () => {
  const check = new SignatureCheck();
  const sign = (t: string) => `t=${t},v1=${signRequest(secret, t, request)}`;
  const outcomes = ['1763890000', '1763890000.1', '1763890000.123'].map((t) =>
    codeOf(() => check.verify(sign(t), request, [secret], nowMs)),
  );
  expect(outcomes).toEqual(['accepted', 'accepted', 'accepted']);
});
