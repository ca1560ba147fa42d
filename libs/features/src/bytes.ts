const TWO_32 = 2 ** 32;

/** Reads 48 bits, big-endian: a time in epoch ms or an amount. */
export function readU48(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 8) | bytes[offset + 1]!) * TWO_32 +
    (((bytes[offset + 2]! << 24) |
      (bytes[offset + 3]! << 16) |
      (bytes[offset + 4]! << 8) |
      bytes[offset + 5]!) >>>
      0)
  );
}

export function writeU48(bytes: Uint8Array, offset: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  bytes[offset] = high >>> 8;
  bytes[offset + 1] = high;
  writeU32(bytes, offset + 2, value % TWO_32);
}

export function readU32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset]! << 24) |
      (bytes[offset + 1]! << 16) |
      (bytes[offset + 2]! << 8) |
      bytes[offset + 3]!) >>>
    0
  );
}

export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
