import type { Decision } from '#contracts/decision-reply.js';
import type { Economics } from '#contracts/economics.js';
import type { ShadowReport } from '#contracts/shadow-report.js';
import { paymentValues } from '#experimentation/analysis/payment-metrics.js';
import type { ScoredPair } from '#experimentation/shadow/average-precision.js';
import {
  compareDecisions,
  type LabelledPart,
  type SwapSide,
} from '#experimentation/shadow/compare-decisions.js';
import { mcNemar } from '#experimentation/shadow/mcnemar.js';
import { reliabilityOf } from '#experimentation/shadow/reliability.js';
import {
  countIntoBins,
  kolmogorovSmirnov,
  populationStability,
} from '#experimentation/shadow/score-drift.js';
import type { ShadowPair } from '#store/postgres/shadow-pairs.js';

const DECILES = 10;
/** Of the normal distribution, for 95 % on two sides. */
const Z_95 = 1.96;

/** What a payment turned out to be; null when it was blocked and nobody said. */
export function truthOf({ fraud, wentThrough }: ShadowPair): boolean | null {
  return fraud ?? (wentThrough ? false : null);
}

/** The transactions that both scored and whose truth is known. */
export function scoredPairs(pairs: readonly ShadowPair[]): ScoredPair[] {
  return pairs.flatMap((pair) => {
    const { championProbability: champion, challengerProbability: challenger } = pair;
    const fraud = truthOf(pair);
    return champion === null || challenger === null || fraud === null
      ? []
      : [{ champion, challenger, fraud }];
  });
}

export function agreementOf(
  pairs: readonly ShadowPair[],
): Pick<ShadowReport, 'agreement' | 'swap_set'> {
  const { agreement, matrix, swapSet } = compareDecisions(
    pairs.map(({ champion, challenger, amountMinor, fraud }) => ({
      champion,
      challenger,
      amountMinor,
      label: fraud === null ? null : fraud ? 'fraud' : 'legit',
    })),
  );
  return {
    agreement: { share: agreement, matrix },
    swap_set: {
      newly_declined: sideOf(swapSet.newlyDeclined),
      no_longer_declined: sideOf(swapSet.noLongerDeclined),
    },
  };
}

/** Who alone was right to decline, or not to. */
export function rightAtDecline(pairs: readonly ShadowPair[]): ShadowReport['right_at_decline'] {
  let championOnly = 0;
  let challengerOnly = 0;
  for (const pair of pairs) {
    const fraud = truthOf(pair);
    if (fraud === null) continue;
    const isChampionRight = (pair.champion === 'decline') === fraud;
    const isChallengerRight = (pair.challenger === 'decline') === fraud;
    if (isChampionRight && !isChallengerRight) championOnly += 1;
    if (isChallengerRight && !isChampionRight) challengerOnly += 1;
  }
  const { exact, midP } = mcNemar(championOnly, challengerOnly);
  return {
    champion_only: championOnly,
    challenger_only: challengerOnly,
    mcnemar_exact_p: exact,
    mcnemar_mid_p: midP,
  };
}

export function calibrationOf(scored: readonly ScoredPair[]): ShadowReport['calibration'] {
  if (scored.length === 0) return null;
  const of = (who: 'champion' | 'challenger') => {
    const found = reliabilityOf(
      scored.map((pair) => ({ probability: pair[who], fraud: pair.fraud })),
    );
    return {
      expected_calibration_error: found.expectedCalibrationError,
      brier: found.brier,
      bins: found.bins.map((bin) => ({
        ...bin,
        predicted: Number.isNaN(bin.predicted) ? null : bin.predicted,
        observed: Number.isNaN(bin.observed) ? null : bin.observed,
      })),
    };
  };
  return { champion: of('champion'), challenger: of('challenger') };
}

export function driftOf(pairs: readonly ShadowPair[]): ShadowReport['score_drift'] {
  const champion = pairs.flatMap(({ championProbability: p }) => (p === null ? [] : [p]));
  const challenger = pairs.flatMap(({ challengerProbability: p }) => (p === null ? [] : [p]));
  if (champion.length === 0 || challenger.length === 0) return null;
  const ascending = Float64Array.from(champion).sort();
  const deciles = Array.from({ length: DECILES - 1 }, (_, nth) =>
    percentile(ascending, (nth + 1) / DECILES),
  );
  const edges = [...new Set(deciles)];
  const bins = [champion, challenger].map((scores) => countIntoBins(scores, edges));
  return {
    population_stability_index: populationStability(bins[0] ?? [], bins[1] ?? []),
    largest_distance: kolmogorovSmirnov(champion, challenger).distance,
  };
}

export function latencyOf(pairs: readonly ShadowPair[]): ShadowReport['latency'] {
  const of = (value: (pair: ShadowPair) => number) => {
    const ascending = Float64Array.from(pairs, value).sort();
    return { p50: percentile(ascending, 0.5), p99: percentile(ascending, 0.99) };
  };
  return {
    champion: {
      model_ms: of((pair) => pair.championModelMs),
      rules_ms: of((pair) => pair.championRulesMs),
    },
    challenger: {
      model_ms: of((pair) => pair.challengerModelMs),
      rules_ms: of((pair) => pair.challengerRulesMs),
    },
  };
}

/**
 * What either would have earned. Both by the same reckoning: approved goes through, declined does
 * not, and a challenge or a review lets the honest through and stops fraud.
 */
export function netValueOf(
  pairs: readonly ShadowPair[],
  economics: Economics,
): ShadowReport['net_value'] {
  const worth = pairs.flatMap((pair) => {
    const fraud = truthOf(pair);
    if (fraud === null || !pair.isOfCurrency) return [];
    const of = (decision: Decision) => netMinor({ ...pair, decision, fraud }, economics);
    return [{ champion: of(pair.champion), challenger: of(pair.challenger) }];
  });
  const count = worth.length;
  if (count < 2) return null;
  const mean = (of: (one: (typeof worth)[number]) => number) =>
    worth.reduce((sum, one) => sum + of(one), 0) / count;
  const difference = mean((one) => one.challenger - one.champion);
  const squares = mean((one) => (one.challenger - one.champion - difference) ** 2);
  const reach = Z_95 * Math.sqrt(squares / (count - 1));
  return {
    transactions: count,
    champion_minor: mean((one) => one.champion),
    challenger_minor: mean((one) => one.challenger),
    difference_minor: difference,
    low: difference - reach,
    high: difference + reach,
  };
}

function netMinor(
  payment: { readonly decision: Decision; readonly fraud: boolean; readonly amountMinor: number },
  economics: Economics,
): number {
  const { decision, fraud, amountMinor } = payment;
  const wentThrough = decision === 'approve' || (decision !== 'decline' && !fraud);
  return paymentValues([{ decision, amountMinor, wentThrough, label: fraud ? 'fraud' : 'legit' }], {
    marginShare: economics.margin_share,
    fraudLossShare: economics.fraud_loss_share,
    challengeCostMinor: economics.challenge_cost_minor,
    reviewCostMinor: economics.review_cost_minor,
  }).net_value.numerator;
}

function sideOf(side: SwapSide) {
  const part = ({ transactions, amountMinor }: LabelledPart) => ({
    transactions,
    amount_minor: amountMinor,
  });
  return {
    ...part(side),
    fraud: part(side.fraud),
    legit: part(side.legit),
    unlabelled: part(side.unlabelled),
  };
}

/** The least value that this share of them does not exceed; 0 of nothing. */
function percentile(ascending: Float64Array, share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? 0;
}
