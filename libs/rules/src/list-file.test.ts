import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecisionRequest } from '#contracts/decision-request.js';
import { SignalSchema } from '#contracts/signals.js';
import { extractSignals } from '#features/extract.js';
import { parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan } from '#features/feature-plan.js';

import { loadLists, type LoadedList } from './list-file.js';
import { formatProblem } from './ruleset-problem.js';

const metadata = 'metadata:\n  loyalty: token\n  channel: string\n';
const text = readFileSync('rules/features.yaml', 'utf8');
const catalogue = parseCatalogue(
  text.replace('entities:', `${metadata}entities:`),
  'features.yaml',
);
if (!catalogue.ok) throw new Error(JSON.stringify(catalogue.problems));
const plan = buildFeaturePlan(catalogue.value, 'test');
const pseudonym = (kind: string, value: string) => `<${kind}>${value}`;
const source = { schema: plan.schema, pseudonym };

function load(file: string, name = 'values.csv'): LoadedList {
  const lists = loadLists([{ name, text: file }], source);
  if (!lists.ok) throw new Error(lists.problems.map(formatProblem).join('\n'));
  return lists.value.find(name.replace('.csv', ''))!;
}

/** What the extractor puts into the record for this value of the request. */
function extracted(signal: string, body: object): string | null {
  const request = DecisionRequest.parse({
    transaction_id: 't',
    amount: { value: 1, currency: 'EUR' },
    ...body,
  });
  const { record } = extractSignals(plan, request, { eventTimeMs: 0, pseudonym });
  return record.strings[plan.schema.slotOf(signal)!] ?? null;
}

describe('a list entry meets the value that the door puts into a transaction', () => {
  test.each<[string, string, string, object]>([
    ['email', 'email', 'Anna@Shop.EXAMPLE', { customer: { email: 'anna@shop.example' } }],
    ['email', 'email', 'anna@shop.example', { customer: { email: 'ANNA@Shop.example' } }],
    ['email_domain', 'email_domain', 'Shop.Example', { customer: { email: 'a@SHOP.example' } }],
    ['phone', 'phone', '+43 (1) 234-5', { customer: { phone: '+43 1 2345' } }],
    ['ip', 'ip', '2001:DB8::1', { device: { ip: '2001:db8::1' } }],
    ['card', 'card', 'tok_A', { payment_method: { token: 'tok_A' } }],
    ['customer', 'customer', 'c-1', { customer: { id: 'c-1' } }],
    ['counterparty', 'counterparty', 'r-1', { counterparty: { id: 'r-1' } }],
    ['device', 'device', 'd-1', { device: { id: 'd-1' } }],
    [
      'user_agent',
      'user_agent',
      '"Mozilla/5.0 (X, Y)"',
      { device: { user_agent: 'Mozilla/5.0 (X, Y)' } },
    ],
    ['session', 'session', 's-1', { device: { session_id: 's-1' } }],
    ['postal_code', 'shipping_postal_code', '1010', { shipping: { postal_code: '1010' } }],
    ['billing_postal_code', 'shipping_postal_code', '1010', { shipping: { postal_code: '1010' } }],
    ['loyalty', 'loyalty', 'L-9', { metadata: { loyalty: 'L-9' } }],
    ['metadata.loyalty', 'loyalty', 'L-9', { metadata: { loyalty: 'L-9' } }],
    ['metadata.channel', 'channel', 'web', { metadata: { channel: 'web' } }],
    ['ip_country', 'ip_country', 'AT', { device: { ip_country: 'AT' } }],
  ])('kind %s asked with %s: %s', (kind, signal, written, body) => {
    const list = load(`# kind: ${kind}\nvalue\n${written}\n`);
    const value = extracted(signal, body);
    expect(value).not.toBeNull();
    expect(list.has(value!, Number.NaN)).toBe(true);
  });
});

describe('list files', () => {
  test.each([
    ['value\nx\n', 'the list does not say what it holds'],
    ['# kind: emial\nvalue\nx\n', 'unknown kind emial; did you mean email?'],
    ['# kind: amount\nvalue\n5\n', 'a list holds texts; amount is a number'],
    ['# kind: card\ncard\nx\n', 'the header must be value,expires_at,reason'],
    ['# kind: card\nvalue,expires_at\nx,soon\n', 'values.csv:3:1 expires_at is not a date'],
    ['# kind: card\nvalue,expires_at\n,2026-01-01\n', 'the value is empty'],
  ])('%j is refused: %s', (file, message) => {
    expect(() => load(file)).toThrow(message);
  });

  test('an entry that expires is not found from that moment on', () => {
    const list = load('# kind: string\nvalue,expires_at\na,2026-01-01T00:00:00Z\nb,\n');
    const momentMs = Date.parse('2026-01-01T00:00:00Z');
    expect([list.has('a', momentMs - 1), list.has('a', momentMs)]).toEqual([true, false]);
    expect([list.has('b', momentMs), list.has('a', Number.NaN)]).toEqual([true, true]);
  });

  test('a value given twice keeps the later expiry', () => {
    const rows = 'a,2026-01-01\na,2027-01-01\nb,2026-01-01\nb,\n';
    for (const kind of ['string', 'card']) {
      const list = load(`# kind: ${kind}\nvalue,expires_at\n${rows}`);
      const [a, b] = kind === 'card' ? ['<card>a', '<card>b'] : ['a', 'b'];
      expect(list.has(a, Date.parse('2026-06-01'))).toBe(true);
      expect(list.has(a, Date.parse('2027-06-01'))).toBe(false);
      expect(list.has(b, Date.parse('2030-01-01'))).toBe(true);
    }
  });

  test('two files of one name are refused', () => {
    const file = { name: 'vips.csv', text: '# kind: customer\nvalue\nx\n' };
    const lists = loadLists([file, { ...file, name: 'more/vips.csv' }], source);
    expect(lists.ok ? [] : lists.problems.map((each) => each.message)).toEqual([
      'two list files are named vips',
    ]);
  });

  test('quotes, spaces, comments and Windows line ends are read as CSV has them', () => {
    const rows = ['# kind: string', 'value,expires_at,reason', '"a, b",,x', ' c ,,', '# d', ''];
    const list = load(rows.join('\r\n'));
    expect(['a, b', 'c', '# d', 'value'].map((value) => list.has(value, 0))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('a packed list answers as a Set does', () => {
    const schema = new SignalSchema([
      { name: 'card', type: 'token', origin: 'transaction', description: '' },
    ]);
    const value = fc.stringMatching(/^[a-z0-9]{1,4}$/);
    fc.assert(
      fc.property(fc.array(value, { maxLength: 200 }), fc.array(value), (held, asked) => {
        const file = `# kind: card\nvalue\n${held.join('\n')}\n`;
        const plain = (_kind: string, each: string) => each;
        const lists = loadLists([{ name: 'l.csv', text: file }], { schema, pseudonym: plain });
        if (!lists.ok) throw new Error('refused');
        const list = lists.value.find('l')!;
        const set = new Set(held);
        expect(list.entryCount).toBe(set.size);
        for (const each of [...held, ...asked]) expect(list.has(each, 0)).toBe(set.has(each));
      }),
      { numRuns: 60 },
    );
  });
});
