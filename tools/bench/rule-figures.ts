export const engineNames = ['ours', 'celJs', 'zen', 'jsonRulesEngine'] as const;
export type EngineName = (typeof engineNames)[number];

/** The figures of one load. */
export interface LoadFigures {
  /** The number of rules, and what is special about the load: its key in the JSON. */
  readonly name: string;
  /** By engine, the mean time of asking all rules about a payment, of each round, microseconds. */
  readonly us: Readonly<Record<EngineName, readonly number[]>>;
  readonly hitsPerPayment: number;
  /** Of the payments: those with at least one hit. */
  readonly hitShare: number;
}
