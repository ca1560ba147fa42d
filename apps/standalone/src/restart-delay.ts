const FIRST_DELAY_MS = 100;
const DELAY_MS_MAX = 5_000;

/**
 * Milliseconds to wait before the restart after this many failures in a row: 100, 200, 400, up to 5
 * s.
 */
export function restartDelayMs(failuresInRow: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (failuresInRow - 1), DELAY_MS_MAX);
}
