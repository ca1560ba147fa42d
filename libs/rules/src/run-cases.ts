import type { Decision } from '#contracts/decision-reply.js';
import type { SignalDefinition, SignalRecord, SignalSchema } from '#contracts/signals.js';
import { normaliseValue, tokenKindOf, tokenOf, type Pseudonym } from '#contracts/token-values.js';
import { didYouMean } from '#expression/problem.js';

import type { CompiledRuleset } from './compiled-ruleset.js';
import type { RuleEvaluation } from './rule-evaluation.js';
import type { CaseDefinition } from './ruleset.js';

/** What a decision is made from; libs/decision has the function that makes it. */
export interface CaseSubject {
  readonly compiled: CompiledRuleset;
  readonly record: SignalRecord;
  readonly evaluation: RuleEvaluation;
  /** The model's probability; null when the case gives none. */
  readonly score: number | null;
}

export interface CaseOptions {
  readonly schema: SignalSchema;
  readonly pseudonym: Pseudonym;
  readonly decide: (subject: CaseSubject) => Decision;
}

export interface CaseResult {
  readonly name: string;
  readonly line: number;
  readonly passed: boolean;
  /** What differs or cannot be read, in words; empty when it passed. */
  readonly differences: readonly string[];
}

export interface CaseReport {
  readonly results: readonly CaseResult[];
  readonly failed: number;
  /** Rules that are evaluated but that no case expects. */
  readonly uncoveredRules: readonly string[];
}

/**
 * Runs the ruleset's named transactions: each must give its expected decision and exactly its
 * expected rules.
 */
export function runCases(compiled: CompiledRuleset, options: CaseOptions): CaseReport {
  const { cases } = compiled.ruleset;
  const results = cases.map((each) => runCase(compiled, each, options));
  const covered = new Set(cases.flatMap((each) => each.expectedRules));
  const uncovered = compiled.ruleInfos.filter((rule) => !covered.has(rule.id));
  return {
    results,
    failed: results.filter((result) => !result.passed).length,
    uncoveredRules: uncovered.map((rule) => rule.id),
  };
}

function runCase(
  compiled: CompiledRuleset,
  definition: CaseDefinition,
  options: CaseOptions,
): CaseResult {
  const { name, line } = definition;
  const read = caseRecord(definition, options.schema, options.pseudonym);
  if (!read.ok) return { name, line, passed: false, differences: read.problems };
  const { record } = read;
  const evaluation = compiled.evaluate(record, name);
  const scoreSlot = options.schema.slotOf('score');
  const score = scoreSlot === undefined ? Number.NaN : record.numbers[scoreSlot]!;
  const decision = options.decide({
    compiled,
    record,
    evaluation,
    score: Number.isNaN(score) ? null : score,
  });
  const differences = compare(definition, decision, evaluation);
  return { name, line, passed: differences.length === 0, differences };
}

function compare(
  definition: CaseDefinition,
  decision: Decision,
  evaluation: RuleEvaluation,
): readonly string[] {
  const differences: string[] = [];
  if (decision !== definition.expectedDecision) {
    differences.push(`decision ${decision}, expected ${definition.expectedDecision}`);
  }
  const hits = new Set(evaluation.hits.map((hit) => hit.rule.id));
  const expected = new Set(definition.expectedRules);
  const absent = [...expected].filter((id) => !hits.has(id));
  const extra = [...hits].filter((id) => !expected.has(id));
  if (absent.length > 0) differences.push(`did not hit: ${absent.join(' ')}`);
  if (extra.length > 0) differences.push(`hit unexpectedly: ${extra.join(' ')}`);
  differences.push(
    ...evaluation.failures.map(({ ruleId, message }) => `${ruleId} failed: ${message}`),
  );
  return differences;
}

export type CaseRecord =
  | { readonly ok: true; readonly record: SignalRecord }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The signals a case names, in their slots; all others are missing. */
export function caseRecord(
  definition: CaseDefinition,
  schema: SignalSchema,
  pseudonym: Pseudonym,
): CaseRecord {
  const record = schema.emptyRecord();
  const problems: string[] = [];
  for (const [name, cell] of definition.values) {
    const signal = schema.definitionOf(name);
    if (signal === undefined) {
      const names = schema.definitions.map((each) => each.name);
      problems.push(`unknown column ${name}${didYouMean(name, names)}`);
      continue;
    }
    const slot = schema.slotOf(name)!;
    if (signal.type === 'string') record.strings[slot] = normaliseValue(name, cell);
    else if (signal.type === 'token') {
      record.strings[slot] = tokenOf(tokenKindOf(name), cell, pseudonym);
    } else {
      const value = numberOf(signal, cell);
      if (Number.isNaN(value)) problems.push(`${name}: ${cell} is not a ${signal.type}`);
      record.numbers[slot] = value;
    }
  }
  return problems.length === 0 ? { ok: true, record } : { ok: false, problems };
}

function numberOf(signal: SignalDefinition, cell: string): number {
  if (signal.type === 'timestamp') return Date.parse(cell);
  if (signal.type === 'number') return Number(cell);
  return cell === 'true' || cell === '1' ? 1 : cell === 'false' || cell === '0' ? 0 : Number.NaN;
}
