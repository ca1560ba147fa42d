import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'tg_';
const ID_BYTES = 6;
const ID_LENGTH = ID_BYTES * 2;
const HASH_BYTES = 32;
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43; // 32 bytes in base64url without padding.
const SECRET_START = PREFIX.length + ID_LENGTH + 1;
const KEY_LENGTH = SECRET_START + SECRET_LENGTH;

export interface PresentedKey {
  readonly id: string;
  readonly secret: string;
}

/** A new key: `tg_<key id>_<secret>`, where the secret is 256 random bits. */
export function generateApiKey(): PresentedKey & { readonly text: string } {
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, secret, text: `${PREFIX}${id}_${secret}` };
}

/** Splits a key at its fixed positions; null for anything of another shape. */
export function splitApiKey(text: string): PresentedKey | null {
  if (
    text.length !== KEY_LENGTH ||
    !text.startsWith(PREFIX) ||
    text.charCodeAt(SECRET_START - 1) !== 95 // "_"
  ) {
    return null;
  }
  return { id: text.slice(PREFIX.length, SECRET_START - 1), secret: text.slice(SECRET_START) };
}

/**
 * SHA-256 of a secret. A slow hash protects secrets that can be guessed; 256 random bits cannot,
 * and a slow hash at 1,000 requests per second would be the whole budget.
 */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** Reused: a buffer of its own for each digest costs more than the hash. */
const digest = Buffer.alloc(HASH_BYTES);

/** Whether a secret has this hash; takes as long whatever the answer. */
export function hasHash(secret: string, expected: Buffer): boolean {
  digest.write(hash('sha256', secret, 'binary'), 'binary');
  return timingSafeEqual(digest, expected);
}
