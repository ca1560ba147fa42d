import type { Verdict } from './decide.js';

/**
 * Whether a verdict may be let through to learn from it: a decline that no list asked for. Who
 * stands on a list was put there by a person, and there is nothing to learn.
 */
export function mayExplore({ decision, reasons }: Verdict): boolean {
  return decision === 'decline' && !reasons.some((reason) => reason.source === 'list');
}

/** The verdict of a decline that is let through: what would have declined stays in its reasons. */
export function letThrough(verdict: Verdict): Verdict {
  return {
    ...verdict,
    decision: 'approve',
    reasons: [{ code: 'EXPLORATION', source: 'policy' }, ...verdict.reasons],
  };
}
