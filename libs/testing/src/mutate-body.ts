/**
 * Schema-aware fuzzing: takes a valid body and breaks it the ways that clients break bodies. All
 * randomness comes from the generator that is handed in, so that a failing body can be made again
 * from its seed.
 */
export type Random = () => number;

/** A small seeded generator, mulberry32: uniform in [0, 1). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const hostileValues: readonly unknown[] = [
  null,
  '',
  0,
  -1,
  -0,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  true,
  [],
  {},
  [[[]]],
  'a'.repeat(5_000),
  '\u0000',
  '\ud800',
  '{"$gt":""}',
  "'; DROP TABLE decisions; --",
  '../../etc/passwd',
  '<script>alert(1)</script>',
  '2026-02-30T25:61:00Z',
  '9'.repeat(40),
  { toString: 1, constructor: 2 },
  { length: 1e9 },
];

/** The text of a broken (or, now and then, still valid) JSON body. */
export function mutateBody(body: Record<string, unknown>, random: Random): string {
  const mutations = 1 + Math.floor(random() * 3);
  for (let count = 0; count < mutations; count += 1) mutateOnce(body, random);
  const text = JSON.stringify(body);
  return random() < 0.15 ? breakText(text, random) : text;
}

function mutateOnce(body: Record<string, unknown>, random: Random): void {
  const target = pickObject(body, random);
  const keys = Object.keys(target);
  const key = keys[Math.floor(random() * keys.length)] ?? 'transaction_id';
  const kind = Math.floor(random() * 5);
  if (kind === 0) delete target[key];
  else if (kind === 1) target[`${key}_x`] = target[key];
  else if (kind === 2) target[oneOf(['__proto__x', 'constructor', 'then', ' ', ''], random)] = 1;
  else if (kind === 3) target[key] = [target[key]];
  else target[key] = oneOf(hostileValues, random);
}

function pickObject(body: Record<string, unknown>, random: Random): Record<string, unknown> {
  const nested = Object.values(body).filter(
    (value): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null && !Array.isArray(value),
  );
  return random() < 0.35 || nested.length === 0 ? body : oneOf(nested, random);
}

function breakText(text: string, random: Random): string {
  const at = Math.floor(random() * text.length);
  const kind = Math.floor(random() * 5);
  if (kind === 0) return text.slice(0, at);
  if (kind === 1) return `${text.slice(0, at)}\u0007${text.slice(at)}`;
  if (kind === 2) return text.slice(0, at) + text.slice(at + 1);
  if (kind === 3) return `{"__proto__":{"x":1},${text.slice(1)}`;
  return `${'['.repeat(2_000)}${text}`;
}

function oneOf<T>(values: readonly T[], random: Random): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
}
