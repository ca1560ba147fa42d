/** What one side did in the window that a tick looks at. Counts, so that nodes add up. */
export interface SideMeasurement {
  readonly decisions: number;
  readonly errors: number;
  readonly degraded: number;
  /** Null when nothing was measured. */
  readonly p99Ms: number | null;
  /** Scores that were not a number. */
  readonly nanScores: number;
  readonly approvals: number;
  /** Value that went through, and the fraudulent part of it known by now; one currency. */
  readonly throughMinor: number;
  readonly fraudMinor: number;
  readonly fraudPayments: number;
}

export interface Measurement {
  readonly candidate: SideMeasurement;
  readonly baseline: SideMeasurement;
  /** Counts of the candidate's scores, and what its bundle expects, over the same bins. */
  readonly scoreBins: readonly number[];
  readonly scoreBinsExpected: readonly number[];
  /** The candidate's decisions since the stage began or was resumed. */
  readonly decisionsInStage: number;
}
