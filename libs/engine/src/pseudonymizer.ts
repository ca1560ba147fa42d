import { eventIdFromHash, type EventId } from '#features/event-id.js';
import { KeyedHash } from './keyed-hash.js';

const PSEUDONYM_BYTES = 16;

/**
 * Replaces personal identifiers by keyed hashes: HMAC-SHA-256 over kind and value, cut to 128 bits,
 * base64url (22 characters). The kind is part of the message, so the same string as an e-mail and
 * as a device id gives two pseudonyms.
 */
export class Pseudonymizer {
  private readonly hash: KeyedHash;

  constructor(key: Buffer) {
    if (key.length < 32) throw new Error('the pseudonym key must have at least 32 bytes');
    this.hash = new KeyedHash(key);
  }

  readonly pseudonym = (kind: string, value: string): string =>
    this.hash.of(`${kind}\u0000${value}`).toString('base64url', 0, PSEUDONYM_BYTES);

  /** The 64-bit id under which a transaction's event is known in rings. */
  readonly eventId = (transactionId: string): EventId =>
    eventIdFromHash(this.hash.of(`transaction\u0000${transactionId}`));

  /**
   * The name of an idempotency claim: bound to the API key, so that two callers never share one.
   */
  readonly claimKey = (apiKeyId: string, idempotencyKey: string): string =>
    this.hash
      .of(`claim\u0000${apiKeyId}\u0000${idempotencyKey}`)
      .toString('base64url', 0, PSEUDONYM_BYTES);
}
