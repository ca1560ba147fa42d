import { gzipSync } from 'node:zlib';
import { below, oneOf, type Random } from './seeded-random.js';

/*
 * Schema-aware fuzzing: takes a valid body and breaks it the ways that clients, proxies and
 * attackers break bodies. All randomness comes from the generator that is handed in, so that a
 * failing body can be made again from its seed.
 */

/** Stands in the JSON for what JSON.stringify cannot write. */
const RAW = '@@raw@@';

const hostileValues: readonly unknown[] = [
  null,
  '',
  ' ',
  0,
  -1,
  -0,
  1.5,
  1e308,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER + 2,
  1_000_000_000_001,
  true,
  [],
  {},
  [[[]]],
  'a'.repeat(128),
  'a'.repeat(129),
  'a'.repeat(5_000),
  '\u0000',
  '\ud800',
  '\u202e\u0627\u200d',
  '\u00e9\u0301'.repeat(64),
  '{"$gt":""}',
  "'; DROP TABLE decisions; --",
  '../../etc/passwd',
  '${jndi:ldap://x}',
  '<script>alert(1)</script>',
  '%00%0d%0aset-cookie:x',
  '\r\nx-injected: 1',
  'DE\n',
  'de',
  'EUR ',
  '4242424242424242',
  '2026-02-30T25:61:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999+23:59',
  '2026-11-23T10:15:00-00:00',
  '::ffff:203.0.113.7',
  '1.2.3.4.5',
  'a@b',
  '9'.repeat(40),
  { toString: 1, constructor: 2 },
  { length: 1e9 },
  `${RAW}1e400`,
  `${RAW}-1e400`,
  `${RAW}1${'0'.repeat(400)}`,
  `${RAW}0.${'1'.repeat(400)}`,
  `${RAW}${'['.repeat(40)}${']'.repeat(40)}`,
  `${RAW}${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`,
];

const hostileKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  'length',
  ' ',
  '',
  '\u0000',
  '~/~1',
  'a'.repeat(1_000),
  '4242424242424242',
] as const;

/** A broken (or, now and then, still valid) body. */
export function hostileBody(body: Record<string, unknown>, random: Random): string | Buffer {
  const mutations = below(4, random);
  for (let count = 0; count < mutations; count += 1) mutateOnce(body, random);
  const text = JSON.stringify(body).replaceAll(
    new RegExp(`"${RAW}((?:[^"\\\\]|\\\\.)*)"`, 'g'),
    unquote,
  );
  const fate = random();
  if (fate < 0.12) return breakText(text, random);
  if (fate < 0.16) return breakBytes(Buffer.from(text), random);
  return text;
}

function unquote(_quoted: string, raw: string): string {
  return raw.replaceAll('\\"', '"');
}

function mutateOnce(body: Record<string, unknown>, random: Random): void {
  const target = pickObject(body, random);
  const keys = Object.keys(target);
  const key = keys[below(keys.length, random)] ?? 'transaction_id';
  switch (below(7, random)) {
    case 0:
      delete target[key];
      return;
    case 1:
      target[`${key}_x`] = target[key];
      return;
    case 2:
      Object.defineProperty(target, oneOf(hostileKeys, random), {
        value: hostileValue(random),
        enumerable: true,
        writable: true,
        configurable: true,
      });
      return;
    case 3:
      target[key] = [target[key]];
      return;
    case 4:
      target[key] = { [key]: target[key] };
      return;
    default:
      target[key] = hostileValue(random);
  }
}

/** A copy, because later mutations may go into it. */
function hostileValue(random: Random): unknown {
  return structuredClone(oneOf(hostileValues, random));
}

function pickObject(body: Record<string, unknown>, random: Random): Record<string, unknown> {
  const nested = Object.values(body).filter(
    (value): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  return random() < 0.35 || nested.length === 0 ? body : oneOf(nested, random);
}

function breakText(text: string, random: Random): string {
  const at = below(text.length, random);
  const [head, tail] = [text.slice(0, at), text.slice(at)];
  return oneOf(
    [
      () => head,
      () => `${head}\u0007${tail}`,
      () => `${head}\u0000${tail}`,
      () => head + tail.slice(1),
      () => `\ufeff${text}`,
      () => `${text}${text}`,
      () => `${text} // ok`,
      () => text.replace('{', '{"__proto__":{"x":1},'),
      () => text.replace('{', '{"constructor":{"prototype":{"x":1}},'),
      () => text.replace('{', '{"transaction_id":"first","transaction_id":"second",'),
      () => text.replaceAll('"', "'"),
      () => text.replace(/:\d+/, ':NaN'),
      () => text.replace(/:\d+/, ':0x10'),
      () => `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      () => `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`,
      () => `[${text}]`,
      () => JSON.stringify(text),
      () => oneOf(['', ' ', 'null', 'true', '0', '"', '{', '[]', '{}', 'undefined'], random),
    ],
    random,
  )();
}

function breakBytes(bytes: Buffer, random: Random): Buffer {
  const at = below(bytes.length, random);
  return oneOf(
    [
      // Invalid UTF-8: a lone continuation byte, an overlong slash, a surrogate, a cut sequence.
      () => spliced(bytes, at, [0x80]),
      () => spliced(bytes, at, [0xc0, 0xaf]),
      () => spliced(bytes, at, [0xed, 0xa0, 0x80]),
      () => Buffer.concat([bytes, Buffer.of(0xe2, 0x82)]),
      () => Buffer.from(bytes.map((byte) => (random() < 0.02 ? below(256, random) : byte))),
      () => Buffer.from(Array.from({ length: 200 }, () => below(256, random))),
      () => Buffer.from(bytes.toString(), 'utf16le'),
      () => gzipSync(bytes),
      // Around the bound of 64 KiB, by spaces, which JSON allows.
      () => padded(bytes, 65_536),
      () => padded(bytes, 65_537),
      () => padded(bytes, 200_000),
    ],
    random,
  )();
}

function spliced(bytes: Buffer, at: number, inserted: readonly number[]): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), bytes.subarray(at)]);
}

function padded(bytes: Buffer, size: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, size - bytes.length), ' ')]);
}
