import { unitPlace } from './bucket.js';

/** Every decline let through is a loss that was foreseen: no policy may ask for more than this. */
export const EXPLORATION_SHARE_MAX = 0.05;

export interface ExplorationPolicy {
  /** A salt of its own: exploration must not follow any experiment's arms. */
  readonly salt: string;
  /**
   * The share of would-be declines let through, [0, 1]; what is above the cap counts as the cap.
   */
  readonly share: number;
  /** Per currency, the largest amount that may be let through; other currencies never are. */
  readonly amountMinorMax: Readonly<Record<string, number>>;
}

export interface WouldBeDecline {
  readonly transactionId: string;
  readonly amountMinor: number;
  /** ISO 4217. */
  readonly currency: string;
}

export interface Exploration {
  readonly letThrough: boolean;
  /**
   * The probability, [0, 1], that this decline would be let through; belongs in its record either
   * way. 0 says that no estimate from the holdout speaks of it.
   */
  readonly propensity: number;
}

/**
 * Whether a transaction that would be declined is let through, so that what was blocked can be
 * judged. By the hash of the transaction's id: a retry gets the same answer, and a fraudster cannot
 * wait for a lucky card.
 */
export function exploreDecline(decline: WouldBeDecline, policy: ExplorationPolicy): Exploration {
  const { transactionId, amountMinor, currency } = decline;
  const cap = policy.amountMinorMax[currency];
  if (cap === undefined || amountMinor > cap) return { letThrough: false, propensity: 0 };
  const propensity = Math.min(Math.max(policy.share, 0), EXPLORATION_SHARE_MAX);
  return { letThrough: unitPlace(policy.salt, transactionId) < propensity, propensity };
}
