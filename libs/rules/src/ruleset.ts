import type { RuleAction } from '#contracts/decision-reply.js';

/** Where a text stands, so that a problem found in it later can name file, line and column. */
export interface TextPlace {
  readonly file: string;
  /** 1-based line and column of a 0-based offset into the text. */
  locate(offset: number): { readonly line: number; readonly column: number };
}

/** An expression as written, with its place. */
export interface SourceText {
  readonly text: string;
  readonly place: TextPlace;
}

export const ruleModes = ['draft', 'shadow', 'rollout', 'active', 'paused'] as const;
/**
 * Draft and paused rules are checked but not evaluated; shadow ones are evaluated and change
 * nothing.
 */
export type RuleMode = (typeof ruleModes)[number];

export const unknownPolicies = ['skip', 'fire', 'review'] as const;
/** What a rule does when its condition is unknown: nothing, its own action, or a review. */
export type UnknownPolicy = (typeof unknownPolicies)[number];

export interface RuleDefinition {
  readonly id: string;
  readonly name: string;
  /** Empty for a table row, whose condition is made from its cells. */
  readonly when: SourceText;
  /** Column to cell of a table row; null for a rule that stands alone. */
  readonly cells: ReadonlyMap<string, string> | null;
  readonly action: RuleAction;
  /** A code of `reasonCodes`; null only for rules that merely tag or score. */
  readonly reason: string | null;
  readonly mode: RuleMode;
  /** Share of units a rollout rule applies to, 0 to 100. */
  readonly rolloutPercent: number;
  /**
   * The signal by which a rollout is sticky; null takes customer, else card, else the transaction.
   */
  readonly unit: string | null;
  readonly onUnknown: UnknownPolicy;
  /** Risk points (of 1,000) added when it hits; may be negative. */
  readonly scoreDelta: number;
  readonly tags: readonly string[];
  /** The decision table it is a row of; null for a rule that stands alone. */
  readonly table: string | null;
}

export interface TableDefinition {
  readonly id: string;
  /** `first`: at most one row of the table hits; `collect`: every row that is true. */
  readonly hitPolicy: 'first' | 'collect';
}

export interface ReasonCode {
  readonly code: string;
  /** For staff. */
  readonly message: string;
  /** Safe to show to the customer: says nothing that helps a fraudster. */
  readonly publicMessage: string;
}

/** Risk scores (0 to 1,000) from which a decision is taken; a missing one is never reached. */
export interface ScoreThresholds {
  readonly challenge: number | null;
  readonly review: number | null;
  readonly decline: number | null;
}

export interface SegmentDefinition extends ScoreThresholds {
  readonly name: string;
  /** Null for the last segment, which takes everything. */
  readonly when: SourceText | null;
}

/**
 * What to do when neither model nor rules can answer: by amount, in major units of the currency.
 */
export interface StandInLimits {
  readonly approveUpTo: number;
  readonly challengeUpTo: number;
  /** Above both limits. */
  readonly otherwise: 'review' | 'decline';
}

export interface PolicyDefinition {
  readonly segments: readonly SegmentDefinition[];
  readonly challengeMethod: '3ds' | 'otp' | 'biometric' | 'any';
  readonly reviewHold: boolean;
  readonly standIn: {
    readonly byCurrency: ReadonlyMap<string, StandInLimits>;
    /** For currencies not named. */
    readonly otherwise: StandInLimits;
  };
}

export interface CaseDefinition {
  readonly name: string;
  readonly line: number;
  /** Signal name to the cell as written; empty cells, which are missing values, are left out. */
  readonly values: ReadonlyMap<string, string>;
  readonly expectedDecision: 'approve' | 'challenge' | 'review' | 'decline';
  readonly expectedRules: readonly string[];
}

/** A ruleset as its files say it; not yet checked against signals and lists. */
export interface Ruleset {
  readonly id: string;
  readonly description: string;
  /** The lists its expressions may name. */
  readonly lists: readonly string[];
  readonly reasonCodes: ReadonlyMap<string, ReasonCode>;
  /** Rows of decision tables included, in the order of the files. */
  readonly rules: readonly RuleDefinition[];
  readonly tables: readonly TableDefinition[];
  readonly policy: PolicyDefinition;
  readonly cases: readonly CaseDefinition[];
}

export interface RulesetFile {
  /** Relative to the ruleset's folder: `ruleset.yaml`, `cases.csv`, `tables/limits.csv`. */
  readonly name: string;
  readonly text: string;
}

/** Named bounds of a ruleset; what is beyond is refused when it is loaded. */
export const RULES_MAX = 10_000;
export const TAGS_PER_RULE_MAX = 16;
export const SCORE_DELTA_MAX = 1_000;
