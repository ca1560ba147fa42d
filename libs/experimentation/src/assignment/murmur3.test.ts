import { expect, test } from 'vitest';
import { murmur3 } from './murmur3.js';

const encoder = new TextEncoder();
const hashOf = (text: string, seed: number): number => {
  const bytes = encoder.encode(text);
  return murmur3(bytes, bytes.length, seed);
};

test("SMHasher's verification value: 256 keys of growing length, and the hash of their hashes", () => {
  const key = new Uint8Array(256);
  const hashes = new DataView(new ArrayBuffer(256 * 4));
  for (let length = 0; length < 256; length += 1) {
    key[length] = length;
    hashes.setUint32(length * 4, murmur3(key, length, 256 - length), true);
  }
  const all = new Uint8Array(hashes.buffer);
  expect(murmur3(all, all.length, 0)).toBe(0xb0f57ee3);
});

// Vectors that the ports of the reference implementation agree on.
test.each([
  ['', 0x00000000, 0x00000000],
  ['', 0x00000001, 0x514e28b7],
  ['', 0xffffffff, 0x81f16f39],
  ['test', 0x00000000, 0xba6bd213],
  ['test', 0x9747b28c, 0x704b81dc],
  ['Hello, world!', 0x00000000, 0xc0363e43],
  ['Hello, world!', 0x9747b28c, 0x24884cba],
  ['The quick brown fox jumps over the lazy dog', 0x00000000, 0x2e4ff723],
  ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
])('the published vector of %j under seed %i', (text, seed, expected) => {
  expect(hashOf(text, seed)).toBe(expected);
});
