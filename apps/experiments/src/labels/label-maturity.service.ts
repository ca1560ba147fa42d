import type { LabelMaturity, LabelMaturityQuery } from '#contracts/label-maturity.js';
import { expectedShareKnown, labelCurve } from '#experimentation/analysis/label-curve.js';
import type { AgedDecisions, LabelHistory } from '#store/postgres/label-history.js';
import type { Clock } from '#telemetry/clock.js';

const MS_PER_DAY = 86_400_000;
const RANGE_DAYS = 30;
const ALPHA = 0.05;

/** Says how mature labels are, out of their history. */
export class LabelMaturityService {
  constructor(
    private readonly history: LabelHistory,
    private readonly clock: Clock,
  ) {}

  async tell(query: LabelMaturityQuery): Promise<LabelMaturity> {
    const nowMs = this.clock.wallMs();
    const source = query.source ?? null;
    const toMs = query.to === undefined ? nowMs : Date.parse(query.to);
    const fromMs =
      query.from === undefined ? toMs - RANGE_DAYS * MS_PER_DAY : Date.parse(query.from);
    const { ages, sampled } = await this.history.ages({ fromMs: 0, toMs: nowMs }, source, nowMs);
    const inRange = await this.history.decisionAges({ fromMs, toMs }, nowMs);
    const horizonDays = Math.min(query.horizon_days, Math.max(1, oldest(ages)));
    const curve = labelCurve(ages, horizonDays, ALPHA);
    const expected = {
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      decisions: count(inRange),
      share_known: expectedShareKnown(curve, inRange),
    };
    return {
      summary: summaryOf(expected.share_known, { source, horizonDays }),
      source,
      as_of: new Date(nowMs).toISOString(),
      horizon_days: horizonDays,
      decisions: count(ages),
      labelled: count(ages.filter(({ labelled }) => labelled)),
      sampled_share: sampled,
      curve: curve.steps.map(({ ageDays, shareKnown, low, high }) => ({
        age_days: ageDays,
        share_known: shareKnown,
        low,
        high,
      })),
      expected,
    };
  }
}

function summaryOf(
  share: number | null,
  { source, horizonDays }: { readonly source: string | null; readonly horizonDays: number },
): string {
  const labels = source === null ? 'labels' : `labels by ${source}`;
  if (share === null) {
    return `There is no data: no ${labels} of the stored decisions, or no decisions in this range.`;
  }
  const known = (share * 100).toFixed(1);
  return `${known} % of the ${labels} that come within ${horizonDays} days are known for this range.`;
}

function oldest(ages: readonly AgedDecisions[]): number {
  return ages.reduce((most, { ageDays }) => Math.max(most, ageDays), 0);
}

function count(ages: readonly { readonly decisions: number }[]): number {
  return ages.reduce((sum, { decisions }) => sum + decisions, 0);
}
