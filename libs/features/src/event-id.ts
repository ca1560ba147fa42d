/**
 * The identity of one event in rings and references: 64 bits of a strong hash of the transaction
 * id.
 */
export interface EventId {
  readonly high: number;
  readonly low: number;
}

/** Takes the first 8 bytes of a hash (SHA-256 or HMAC of the transaction id), big-endian. */
export function eventIdFromHash(hash: Uint8Array): EventId {
  if (hash.length < 8) {
    throw new Error(`an event id needs 8 bytes of hash, got ${hash.length}`);
  }
  const view = new DataView(hash.buffer, hash.byteOffset, 8);
  return { high: view.getUint32(0), low: view.getUint32(4) };
}

/** 16 hexadecimal digits, for keys and logs. */
export function eventIdHex(id: EventId): string {
  return id.high.toString(16).padStart(8, '0') + id.low.toString(16).padStart(8, '0');
}
