import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteLog } from './byte-log.js';

function put(log: ByteLog, key: string, text: string): void {
  log.reserve(key, Buffer.byteLength(text))?.write(text);
}

describe('a byte log', () => {
  test('keeps the newest entries that fit, and forgets the oldest', () => {
    const log = new ByteLog(10);
    put(log, 'a', 'aaaa');
    put(log, 'b', 'bbbb');
    put(log, 'c', 'cccc');
    expect(log.get('a')).toBeNull();
    expect(log.get('b')?.toString()).toBe('bbbb');
    expect(log.get('c')?.toString()).toBe('cccc');
  });

  test('refuses what is larger than itself, and forgets what the key had', () => {
    const log = new ByteLog(4);
    put(log, 'a', 'aaaa');
    expect(log.reserve('a', 5)).toBeNull();
    expect(log.get('a')).toBeNull();
  });

  test('never gives other bytes than were put, and always the last entry', () => {
    const entry = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.string({ maxLength: 12 }));
    const puts = fc.array(entry, { size: 'large' });
    fc.assert(
      fc.property(puts, fc.integer({ min: 12, max: 60 }), (entries, bytesMax) => {
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
    const log = new ByteLog(1_000);
    for (let n = 0; n < 90; n += 1) put(log, `k${n}`, `value ${n}`);
    for (let n = 0; n < 90; n += 1) expect(log.get(`k${n}`)?.toString()).toBe(`value ${n}`);
  });
});
