import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteLog } from './byte-log.js';

/** Of a key of one letter and a value of four. */
const ENTRY_BYTES = 14 + 2 + 4;

function put(log: ByteLog, key: string, text: string): void {
  log.reserve(key, Buffer.byteLength(text))?.write(text);
}

describe('a byte log', () => {
  test('keeps the newest entries that fit, and forgets the oldest', () => {
    const log = new ByteLog(2 * ENTRY_BYTES + 3);
    put(log, 'a', 'aaaa');
    put(log, 'b', 'bbbb');
    put(log, 'c', 'cccc');
    expect(log.get('a')).toBeNull();
    expect(log.get('b')?.toString()).toBe('bbbb');
    expect(log.get('c')?.toString()).toBe('cccc');
  });

  test('refuses what is larger than itself, and forgets what the key had', () => {
    const log = new ByteLog(ENTRY_BYTES);
    put(log, 'a', 'aaaa');
    expect(log.reserve('a', 5)).toBeNull();
    expect(log.get('a')).toBeNull();
  });

  test('a key written again and again does not hide the others of its bucket', () => {
    const log = new ByteLog(255 * ENTRY_BYTES);
    put(log, 'a', 'once');
    for (let n = 0; n < 200; n += 1) put(log, 'b', `${1_000 + n}`);
    expect(log.get('a')?.toString()).toBe('once');
    expect(log.get('b')?.toString()).toBe('1199');
  });

  test('keys are told apart to the last bit', () => {
    const log = new ByteLog(1_000);
    put(log, 'é', 'one ');
    put(log, 'Ã©', 'two ');
    expect(log.get('é')?.toString()).toBe('one ');
    expect(log.get('e\u0301')).toBeNull();
  });

  test('never gives other bytes than were put, and always the last entry', () => {
    const entry = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.string({ maxLength: 12 }));
    const puts = fc.array(entry, { size: 'large' });
    fc.assert(
      fc.property(puts, fc.integer({ min: 52, max: 300 }), (entries, bytesMax) => {
        const log = new ByteLog(bytesMax);
        const last = new Map<string, string>();
        for (const [key, text] of entries) {
          put(log, String(key), text);
          last.set(String(key), text);
          expect(log.get(String(key))?.toString()).toBe(text);
        }
        for (const [known, expected] of last) {
          expect([undefined, expected]).toContain(log.get(known)?.toString());
        }
      }),
    );
  });

  test('holds everything while all entries and their gaps fit', () => {
    const log = new ByteLog(90 * 28 + 28);
    for (let n = 0; n < 90; n += 1) put(log, `k${n}`, `value ${n}`);
    for (let n = 0; n < 90; n += 1) expect(log.get(`k${n}`)?.toString()).toBe(`value ${n}`);
  });
});
