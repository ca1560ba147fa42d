import { decisions, type Decision } from '#contracts/decision-reply.js';

/** One transaction, decided by the champion and, without effect, by the challenger. */
export interface DecisionPair {
  readonly champion: Decision;
  readonly challenger: Decision;
  readonly amountMinor: number;
  readonly label: 'fraud' | 'legit' | null;
}

export interface SwapSide {
  readonly transactions: number;
  readonly amountMinor: number;
  readonly fraud: LabelledPart;
  readonly legit: LabelledPart;
  readonly unlabelled: LabelledPart;
}

export interface LabelledPart {
  readonly transactions: number;
  readonly amountMinor: number;
}

export interface DecisionComparison {
  readonly transactions: number;
  /** How often each pair occurred: champion's decision, then the challenger's. */
  readonly matrix: Readonly<Record<Decision, Readonly<Record<Decision, number>>>>;
  /** The share, [0, 1], decided alike; NaN without transactions. */
  readonly agreement: number;
  /** Who would change at the line of decline, and what is known of them. */
  readonly swapSet: {
    /** Declined by the challenger only. */
    readonly newlyDeclined: SwapSide;
    /** Declined by the champion only; their labels are mostly unknown, since they were blocked. */
    readonly noLongerDeclined: SwapSide;
  };
}

interface MutablePart {
  transactions: number;
  amountMinor: number;
}
interface MutableSide extends MutablePart {
  fraud: MutablePart;
  legit: MutablePart;
  unlabelled: MutablePart;
}

/** Champion against challenger on the same transactions: where they differ, and at what value. */
export function compareDecisions(pairs: Iterable<DecisionPair>): DecisionComparison {
  const row = (): Record<Decision, number> => ({ approve: 0, challenge: 0, review: 0, decline: 0 });
  const matrix = { approve: row(), challenge: row(), review: row(), decline: row() };
  const newlyDeclined = emptySide();
  const noLongerDeclined = emptySide();
  let transactions = 0;
  for (const pair of pairs) {
    transactions += 1;
    matrix[pair.champion][pair.challenger] += 1;
    if ((pair.champion === 'decline') === (pair.challenger === 'decline')) continue;
    count(pair.challenger === 'decline' ? newlyDeclined : noLongerDeclined, pair);
  }
  const alike = decisions.reduce((sum, decision) => sum + matrix[decision][decision], 0);
  return {
    transactions,
    matrix,
    agreement: alike / transactions,
    swapSet: { newlyDeclined, noLongerDeclined },
  };
}

function emptySide(): MutableSide {
  const part = (): MutablePart => ({ transactions: 0, amountMinor: 0 });
  return { ...part(), fraud: part(), legit: part(), unlabelled: part() };
}

function count(side: MutableSide, { amountMinor, label }: DecisionPair): void {
  for (const part of [side, side[label ?? 'unlabelled']]) {
    part.transactions += 1;
    part.amountMinor += amountMinor;
  }
}
