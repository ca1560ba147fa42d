/** The window moves by this part of itself: what it forgets, it forgets in such steps. */
const SLOTS_PER_WINDOW = 12;

export interface BreakerPlan {
  /** The share of all decisions that this rule may decline in a window, [0, 1]. */
  readonly declineShareMax: number;
  /** Fewer decisions in the window never trip it. */
  readonly decisionsMin: number;
  readonly windowMs: number;
}

interface Slot {
  readonly startMs: number;
  readonly decisions: number;
  readonly declines: number;
}

/** Plain data. A tripped breaker stays tripped until a person starts it anew. */
export interface BreakerState {
  readonly slots: readonly Slot[];
  readonly trippedAtMs: number | null;
}

export const freshBreaker: BreakerState = { slots: [], trippedAtMs: null };

/** What happened since the last observation. */
export interface BreakerObservation {
  readonly nowMs: number;
  readonly decisions: number;
  /** Of those, the ones that this rule declined. */
  readonly declines: number;
}

export interface BreakerStep {
  readonly state: BreakerState;
  /** 'to_shadow' just once, when it trips. */
  readonly action: 'none' | 'to_shadow';
  readonly sentence: string;
}

/**
 * Counts on over a sliding window and trips when the rule declines a larger share of decisions than
 * it may: a rule written wrongly stops payments faster than a person can look.
 */
export function observeRule(
  state: BreakerState,
  observation: BreakerObservation,
  plan: BreakerPlan,
): BreakerStep {
  if (state.trippedAtMs !== null) {
    return { state, action: 'none', sentence: 'In shadow since its breaker tripped.' };
  }
  const slots = withObservation(state.slots, observation, plan);
  const decisions = slots.reduce((sum, slot) => sum + slot.decisions, 0);
  const declines = slots.reduce((sum, slot) => sum + slot.declines, 0);
  const figures = `${declines} of ${decisions} decisions declined`;
  const trips = decisions >= plan.decisionsMin && declines > plan.declineShareMax * decisions;
  if (!trips)
    return { state: { slots, trippedAtMs: null }, action: 'none', sentence: `${figures}.` };
  const most = `${Number((plan.declineShareMax * 100).toPrecision(4))} %`;
  return {
    state: { slots, trippedAtMs: observation.nowMs },
    action: 'to_shadow',
    sentence: `${figures}, above ${most}: the rule goes to shadow.`,
  };
}

function withObservation(
  slots: readonly Slot[],
  { nowMs, decisions, declines }: BreakerObservation,
  { windowMs }: BreakerPlan,
): Slot[] {
  const slotMs = windowMs / SLOTS_PER_WINDOW;
  const startMs = Math.floor(nowMs / slotMs) * slotMs;
  const kept = slots.filter((slot) => slot.startMs > startMs - windowMs);
  const last = kept.at(-1);
  if (last === undefined || last.startMs < startMs)
    return [...kept, { startMs, decisions, declines }];
  // A clock that went back counts into the newest slot.
  return [
    ...kept.slice(0, -1),
    {
      startMs: last.startMs,
      decisions: last.decisions + decisions,
      declines: last.declines + declines,
    },
  ];
}
