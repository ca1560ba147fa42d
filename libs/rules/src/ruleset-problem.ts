/** Something wrong in a file of a ruleset, where it stands and what probably mends it. */
export interface RulesetProblem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** The rule, table row, list or case it is about. */
  readonly subject?: string;
  readonly message: string;
  readonly hint?: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly RulesetProblem[] };

/**
 * `ruleset.yaml:12:9 rule card-testing: unknown feature …` and, on a line of its own, the likely
 * fix.
 */
export function formatProblem(problem: RulesetProblem): string {
  const subject = problem.subject === undefined ? '' : ` ${problem.subject}:`;
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const hint = problem.hint === undefined ? '' : `\n  ${problem.hint}`;
  return `${place}${subject} ${problem.message}${hint}`;
}
