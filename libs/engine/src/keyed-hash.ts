import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Longer messages are hashed out of a buffer of their own. */
const SCRATCH_BYTES = 8_192;

/**
 * HMAC-SHA-256 (RFC 2104) by two one-shot hashes. `createHmac` makes a native object for each
 * message, which costs three times as much as the hashing, garbage collection included.
 */
export class KeyedHash {
  /** The inner pad, and room for a message behind it. */
  private readonly inner: Buffer;
  /** The outer pad, and room for the inner digest behind it. */
  private readonly outer: Buffer;
  private readonly digest = Buffer.alloc(DIGEST_BYTES);

  constructor(key: Buffer) {
    const bytes = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
    this.inner = Buffer.alloc(BLOCK_BYTES + SCRATCH_BYTES);
    this.outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
    for (let at = 0; at < BLOCK_BYTES; at += 1) {
      this.inner[at] = 0x36 ^ (bytes[at] ?? 0);
      this.outer[at] = 0x5c ^ (bytes[at] ?? 0);
    }
  }

  /** The 32 bytes of the digest, valid until the next message. */
  of(message: string): Buffer {
    this.outer.write(hash('sha256', this.padded(message), 'binary'), BLOCK_BYTES, 'binary');
    this.digest.write(hash('sha256', this.outer, 'binary'), 0, 'binary');
    return this.digest;
  }

  private padded(message: string): Buffer {
    // UTF-8 takes at most three bytes for each UTF-16 unit.
    if (message.length * 3 <= SCRATCH_BYTES) {
      const length = this.inner.write(message, BLOCK_BYTES);
      return this.inner.subarray(0, BLOCK_BYTES + length);
    }
    return Buffer.concat([this.inner.subarray(0, BLOCK_BYTES), Buffer.from(message)]);
  }
}
