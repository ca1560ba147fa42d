export const engineNames = ['ours', 'celJs', 'zen', 'jsonRulesEngine'] as const;
export type EngineName = (typeof engineNames)[number];

/** The figures of one load. */
export interface LoadFigures {
  /** Its key in the JSON: the number of rules, or what else it is. */
  readonly name: string;
  readonly ruleCount: number;
  /** By engine, the mean time of asking all rules about a payment, of each round, microseconds. */
  readonly us: Readonly<Record<EngineName, readonly number[]>>;
  readonly hitsPerPayment: number;
  /** Of the payments: those with at least one hit. */
  readonly hitShare: number;
}
