/** What a missing attribute is packed as; no text hashes to it. */
export const MISSING_HASH = 0;

/**
 * Hashes an attribute to 32 bits for distinct counts: MurmurHash3 (x86, 32 bit) over UTF-16 code
 * units.
 *
 * It must never change: rings and tiles that are already stored hold its values.
 *
 * @returns 1 to 2^32 - 1; two values of one ring of 256 collide with a probability under 1e-5.
 * @see Appleby, MurmurHash3 (2011).
 */
export function hashText(text: string): number {
  let hash = 0x9747b28c;
  for (let index = 0; index < text.length; index += 1) {
    let block = Math.imul(text.charCodeAt(index), 0xcc9e2d51);
    block = (block << 15) | (block >>> 17);
    hash ^= Math.imul(block, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return hash === MISSING_HASH ? 1 : hash;
}

/** Hashes a number, such as an amount or a metadata value, by its decimal text. */
export function hashNumber(value: number): number {
  return Number.isNaN(value) ? MISSING_HASH : hashText(String(value));
}
