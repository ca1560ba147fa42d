import { hash64, type Hash64 } from './hash64.js';

const RANGE = 2 ** 32;

/**
 * Where a unit stands for one rule, in [0, 1): always the same place, independent between rules. A
 * rollout of p percent takes the units below p / 100, so raising p only adds units.
 */
export function rolloutPlace(ruleId: string, unit: string): number {
  const hash: Hash64 = { high: 0, low: 0 };
  hash64(`${ruleId}\n${unit}`, hash);
  return hash.high / RANGE;
}

export function isInRollout(ruleId: string, unit: string, percent: number): boolean {
  return rolloutPlace(ruleId, unit) * 100 < percent;
}
