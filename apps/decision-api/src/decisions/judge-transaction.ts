import { degrade } from '#decision/degradation.js';
import { letThrough, mayExplore } from '#decision/exploration.js';
import { judge, type Judgement } from '#engine/judge.js';
import { exploreDecline, type Exploration } from '#experimentation/assignment/explore-decline.js';
import { slots } from '#features/transaction-slots.js';
import type { ActiveTraffic, Route } from '../traffic/route.js';
import type { GatheredState } from './gather-state.js';
import type { InProgress } from './progress.js';
import type { Scored } from './score-transaction.js';

export interface Judged {
  readonly judgement: Judgement;
  /** Null where nothing would be declined, or nothing is explored. */
  readonly exploration: Exploration | null;
}

/** Rules and policy of the route, and then the exploration holdout. */
export function judgeTransaction(
  { prepared, request, traffic }: InProgress,
  { route, scored, gathered }: JudgeParts,
  scoreSlot: number,
): Judged {
  const judgement = judge(route.policy.ruleset, prepared.record, {
    probability: scored.probability,
    degradation:
      scored.cause === null
        ? gathered.degradation
        : degrade(gathered.degradation, 'rules_only', scored.cause),
    transactionId: request.transaction_id,
    scoreSlot,
    thresholds: route.thresholds,
  });
  const exploration = explore(traffic, judgement, prepared.record, request.transaction_id);
  if (exploration?.letThrough !== true) return { judgement, exploration };
  return { judgement: { ...judgement, verdict: letThrough(judgement.verdict) }, exploration };
}

export interface JudgeParts {
  readonly route: Route;
  readonly scored: Scored;
  readonly gathered: GatheredState;
}

function explore(
  { exploration: policy }: ActiveTraffic,
  { verdict }: Judgement,
  record: InProgress['prepared']['record'],
  transactionId: string,
): Exploration | null {
  if (policy === null || !mayExplore(verdict)) return null;
  const amountMinor = record.numbers[slots.amountMinor] ?? Number.NaN;
  const currency = record.strings[slots.currency] ?? '';
  return exploreDecline({ transactionId, amountMinor, currency }, policy);
}
