import { builtInReasons, type ReasonText } from '#contracts/reason-codes.js';
import type { SignalSchema } from '#contracts/signals.js';
import type { Pseudonym } from '#contracts/token-values.js';
import { compileRuleset } from '#rules/compile-ruleset.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import { loadLists } from '#rules/list-file.js';
import { parseRuleset } from '#rules/parse-ruleset.js';
import { formatProblem, type RulesetProblem } from '#rules/ruleset-problem.js';
import { runCases, type CaseReport } from '#rules/run-cases.js';
import type { LoadedArtifact } from './artifacts/feature-plan-file.js';
import type { RulesetFolder } from './artifacts/ruleset-folder.js';
import { caseJudge } from './judge-case.js';

/**
 * One immutable version of rules, lists and policy. A request uses the one it began with
 * throughout.
 */
export interface PolicySnapshot {
  readonly ruleset: CompiledRuleset;
  /** sha256 over all files, lists included. */
  readonly version: string;
  readonly reasonTexts: ReadonlyMap<string, ReasonText>;
}

/**
 * Parses, checks and compiles what was read from disk, and runs the ruleset's own cases: a ruleset
 * that does not decide them as its author expected does not come into force.
 */
export function buildPolicySnapshot(
  folder: RulesetFolder,
  schema: SignalSchema,
  pseudonym: Pseudonym,
): LoadedArtifact<PolicySnapshot> {
  const lists = loadLists(folder.lists, { schema, pseudonym });
  const parsed = parseRuleset(folder.files);
  const problems = [...(lists.ok ? [] : lists.problems), ...(parsed.ok ? [] : parsed.problems)];
  if (!lists.ok || !parsed.ok) return refused(problems);
  const compiled = compileRuleset(parsed.value, schema, lists.value);
  if (!compiled.ok) return refused(compiled.problems);
  const ruleset = compiled.value;
  const report = runCases(ruleset, { schema, pseudonym, decide: caseJudge(ruleset) });
  if (report.failed > 0) return { ok: false, problems: failedCases(report) };
  return {
    ok: true,
    value: { ruleset, version: folder.version, reasonTexts: reasonTextsOf(ruleset) },
  };
}

/** The same version with these rules in shadow. */
export function demotePolicy(
  snapshot: PolicySnapshot,
  ruleIds: ReadonlySet<string>,
): PolicySnapshot {
  const { ruleset } = snapshot;
  if (!ruleset.ruleInfos.some((rule) => ruleIds.has(rule.id))) return snapshot;
  return { ...snapshot, ruleset: ruleset.withDemoted(ruleIds) };
}

function refused(problems: readonly RulesetProblem[]): LoadedArtifact<never> {
  return { ok: false, problems: problems.map(formatProblem) };
}

function failedCases(report: CaseReport): string[] {
  return report.results
    .filter((result) => !result.passed)
    .map(({ line, name, differences }) => `cases.csv:${line}: ${name}: ${differences.join('; ')}`);
}

function reasonTextsOf(ruleset: CompiledRuleset): ReadonlyMap<string, ReasonText> {
  const texts = new Map<string, ReasonText>(Object.entries(builtInReasons));
  for (const reason of ruleset.ruleset.reasonCodes.values()) {
    texts.set(reason.code, { message: reason.message, public_message: reason.publicMessage });
  }
  return texts;
}
