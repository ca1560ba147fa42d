/** Decisions by their age now. */
export interface AgedDecisions {
  readonly ageDays: number;
  readonly decisions: number;
}

/** Tells how many of the labels that will come are known. */
export class LabelMaturity {
  /** The expected share known, [0, 1], of such decisions; null when no label ever came. */
  shareKnown(_ages: readonly AgedDecisions[], _nowMs: number): Promise<number | null> {
    return Promise.resolve(null);
  }
}
