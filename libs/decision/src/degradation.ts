import {
  degradationLevels,
  type DegradationCause,
  type DegradationLevel,
} from '#contracts/decision-reply.js';

/** How much less than everything a decision was made on, and why. */
export interface Degradation {
  readonly level: DegradationLevel;
  readonly causes: readonly DegradationCause[];
}

export const notDegraded: Degradation = { level: 'none', causes: [] };

/**
 * The ladder: what was at hand decides the rung. Each rung is worse than the one before it, and the
 * worst wins, because a missing model matters more than features from a cache.
 */
export function degrade(
  current: Degradation,
  level: DegradationLevel,
  cause: DegradationCause,
): Degradation {
  const worst = rank(level) > rank(current.level) ? level : current.level;
  const causes = current.causes.includes(cause) ? current.causes : [...current.causes, cause];
  return { level: worst, causes };
}

function rank(level: DegradationLevel): number {
  return degradationLevels.indexOf(level);
}
