import {
  expectedShareKnown,
  labelCurve,
  type LabelCurve,
} from '#experimentation/analysis/label-curve.js';
import type { LabelHistory } from '#store/postgres/label-history.js';

/** After so long no label is waited for. */
const HORIZON_DAYS = 120;
/** In a shorter history the late labels, chargebacks above all, cannot have come yet. */
const HISTORY_DAYS_MIN = 30;
const ALPHA = 0.05;
/** A curve over months hardly moves in this time. */
const KEPT_MS = 300_000;

/** Decisions by their age now. */
export interface AgedDecisions {
  readonly ageDays: number;
  readonly decisions: number;
}

/** Tells how many of the labels that will come are known. */
export class LabelMaturity {
  private kept: { readonly atMs: number; readonly curve: LabelCurve | null } | null = null;

  constructor(private readonly history: LabelHistory) {}

  /**
   * The expected share known, [0, 1], of such decisions; null when there is no label, or too short
   * a history to tell.
   */
  async shareKnown(ages: readonly AgedDecisions[], nowMs: number): Promise<number | null> {
    if (ages.length === 0) return null;
    const curve = await this.curve(nowMs);
    return curve === null ? null : expectedShareKnown(curve, ages);
  }

  private async curve(nowMs: number): Promise<LabelCurve | null> {
    if (this.kept !== null && nowMs - this.kept.atMs < KEPT_MS) return this.kept.curve;
    const { ages } = await this.history.ages({ fromMs: 0, toMs: nowMs }, null, nowMs);
    const oldest = ages.reduce((most, { ageDays }) => Math.max(most, ageDays), 0);
    const curve =
      oldest < HISTORY_DAYS_MIN ? null : labelCurve(ages, Math.min(HORIZON_DAYS, oldest), ALPHA);
    this.kept = { atMs: nowMs, curve };
    return curve;
  }
}
