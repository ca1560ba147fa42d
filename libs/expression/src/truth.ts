/**
 * Three-valued logic (Kleene, strong): a comparison with a missing value is neither true nor false
 * but UNKNOWN, and `false && unknown` is still false, `true || unknown` still true.
 */
export type Truth = 0 | 1 | 2;

export const FALSE = 0;
export const TRUE = 1;
export const UNKNOWN = 2;

export function negate(truth: Truth): Truth {
  return truth === UNKNOWN ? UNKNOWN : truth === TRUE ? FALSE : TRUE;
}

/** Reads a boolean slot: 0, 1 or NaN for missing. */
export function truthOfNumber(value: number): Truth {
  return value === value ? (value === 0 ? FALSE : TRUE) : UNKNOWN;
}

export function truthName(truth: Truth): 'false' | 'true' | 'unknown' {
  return truth === UNKNOWN ? 'unknown' : truth === TRUE ? 'true' : 'false';
}
