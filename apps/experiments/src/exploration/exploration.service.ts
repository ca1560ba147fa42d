import { AppError } from '#contracts/app-error.js';
import type { ExplorationEstimate, ExplorationQuery } from '#contracts/exploration-estimate.js';
import {
  estimateBlocked,
  type BlockedSegmentEstimate,
} from '#experimentation/counterfactual/blocked-segment.js';
import {
  EXPLORED_MAX,
  type ExploredDecline,
  type ExploredDeclines,
} from '#store/postgres/explored-declines.js';
import type { Clock } from '#telemetry/clock.js';
import type { LabelMaturity } from '../analysis/label-maturity.js';
import { aboutShareKnown } from '../analysis/caveats.js';

const ALPHA = 0.05;
/** Fewer payments of equal weight, and an interval is too wide to act on. */
const EFFECTIVE_MIN = 50;

export interface ExplorationParts {
  readonly declines: ExploredDeclines;
  readonly maturity: LabelMaturity;
  readonly clock: Clock;
}

/** Estimates what blocked payments would have been, from those that exploration let through. */
export class ExplorationService {
  constructor(private readonly parts: ExplorationParts) {}

  /** @throws AppError 'REQUEST_INVALID' when too many were let through to read at once. */
  async estimate(query: ExplorationQuery): Promise<ExplorationEstimate> {
    const { declines, clock } = this.parts;
    const nowMs = clock.wallMs();
    const [from, to] = [new Date(query.from), new Date(query.to)];
    const { currency, rule = null } = query;
    const found = await declines.read({ from, to, currency, ruleId: rule }, new Date(nowMs));
    const { blocked, blockedMinor, outOfReach, explored } = found;
    if (explored.length > EXPLORED_MAX) throw tooMany();
    const shareKnown = await this.shareKnown(explored, nowMs);
    const estimate = estimateBlocked(explored, blocked, ALPHA);
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      rule,
      currency,
      sentence: sentenceOf(estimate, blocked),
      blocked: { payments: blocked, amount_minor: blockedMinor },
      out_of_reach: outOfReach,
      explored: explored.length,
      effective_payments: estimate?.effectivePayments ?? null,
      labels_share_known: shareKnown,
      estimate: estimate === null ? null : wireOf(estimate),
      caveats: caveatsOf({ estimate, outOfReach, shareKnown }),
    };
  }

  private shareKnown(explored: readonly ExploredDecline[], nowMs: number): Promise<number | null> {
    const byAge = Map.groupBy(explored, ({ ageDays }) => ageDays);
    const ages = [...byAge].map(([ageDays, of]) => ({ ageDays, decisions: of.length }));
    return this.parts.maturity.shareKnown(ages, nowMs);
  }
}

function tooMany(): AppError {
  return new AppError('REQUEST_INVALID', {
    detail: `More than ${EXPLORED_MAX} payments were let through: ask for a shorter time.`,
    errors: [{ pointer: '/from', detail: 'must be nearer to `to`' }],
  });
}

function sentenceOf(estimate: BlockedSegmentEstimate | null, blocked: number): string {
  if (blocked === 0) return 'Nothing that could have been let through was declined in this time.';
  if (estimate === null) {
    return `${blocked} payments were declined and none was let through: nothing is known of them.`;
  }
  const { fraudRate, fraudValueShare } = estimate.hajek;
  const range = (of: typeof fraudRate) =>
    `${percent(of.estimate)} (${percent(of.low)} to ${percent(of.high)})`;
  return (
    `Of ${blocked} payments declined, ${range(fraudRate)} would have been fraud, ` +
    `${range(fraudValueShare)} of the value; at 95 %.`
  );
}

function percent(share: number): string {
  return Number.isNaN(share) ? 'an unknown share' : `${(share * 100).toFixed(1)} %`;
}

function wireOf(estimate: BlockedSegmentEstimate): NonNullable<ExplorationEstimate['estimate']> {
  const { horvitzThompson, hajek } = estimate;
  return {
    alpha: ALPHA,
    fraud_rate: { hajek: hajek.fraudRate, horvitz_thompson: horvitzThompson.fraudRate },
    fraud_value_share: hajek.fraudValueShare,
    fraud_minor: horvitzThompson.fraudMinor,
    honest_minor: horvitzThompson.honestMinor,
  };
}

function caveatsOf(found: {
  readonly estimate: BlockedSegmentEstimate | null;
  readonly outOfReach: number;
  readonly shareKnown: number | null;
}): string[] {
  const { estimate, outOfReach, shareKnown } = found;
  const caveats: string[] = [];
  if (estimate !== null && estimate.effectivePayments < EFFECTIVE_MIN) {
    const like = Math.round(estimate.effectivePayments);
    caveats.push(`What was let through says as much as ${like} payments: the intervals are wide.`);
  }
  if (outOfReach > 0) {
    caveats.push(
      `${outOfReach} declines could not have been let through, such as those above the largest ` +
        'amount: the estimate does not speak of them.',
    );
  }
  return estimate === null ? caveats : [...caveats, ...aboutShareKnown(shareKnown)];
}
