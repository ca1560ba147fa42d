const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/**
 * MurmurHash3, x86, 32 bit. Fast and well mixed, not cryptographic: nobody gains by choosing an id
 * that falls into a given bucket, and personal ids come here as keyed hashes already.
 *
 * It must never change: who is in which arm depends on it.
 *
 * @param length How many of the bytes count, from the first.
 * @param seed 32 bits.
 * @returns 0 to 2^32 - 1.
 * @see Appleby, MurmurHash3 (public domain), MurmurHash3_x86_32; SMHasher's verification value is
 * 0xB0F57EE3.
 */
export function murmur3(bytes: Uint8Array, length: number, seed: number): number {
  const blocksEnd = length - (length % 4);
  let hash = seed | 0;
  for (let at = 0; at < blocksEnd; at += 4) {
    const block =
      byteAt(bytes, at) |
      (byteAt(bytes, at + 1) << 8) |
      (byteAt(bytes, at + 2) << 16) |
      (byteAt(bytes, at + 3) << 24);
    hash ^= mixBlock(block);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = length - 1; at >= blocksEnd; at -= 1) tail = (tail << 8) | byteAt(bytes, at);
  hash ^= mixBlock(tail);
  return finalize(hash ^ length);
}

/** Zero for zero, so that an empty tail changes nothing. */
function mixBlock(block: number): number {
  const mixed = Math.imul(block, C1);
  return Math.imul((mixed << 15) | (mixed >>> 17), C2);
}

function finalize(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
