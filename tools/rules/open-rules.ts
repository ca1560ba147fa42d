import { randomBytes } from 'node:crypto';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { readRulesetFolder, type RulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { compileRuleset } from '#rules/compile-ruleset.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import { loadLists, type Lists } from '#rules/list-file.js';
import { parseRuleset } from '#rules/parse-ruleset.js';
import { formatProblem, type RulesetProblem } from '#rules/ruleset-problem.js';

/** Which files to read. */
export interface RulesSource {
  /** The ruleset's folder. */
  readonly folder: string;
  readonly catalogue: string;
  readonly lists: string;
}

/** Everything a ruleset needs to be evaluated, read from files. */
export interface OpenRules {
  readonly source: RulesSource;
  readonly plan: FeaturePlan;
  readonly lists: Lists;
  readonly ruleset: CompiledRuleset;
  readonly pseudonymizer: Pseudonymizer;
}

/** Something that the person at the terminal must mend; printed without a stack. */
export class RulesToolError extends Error {}

const KEY_BYTES = 32;

/**
 * Reads and compiles a ruleset with the catalogue and the lists it refers to.
 *
 * @throws RulesToolError with every problem, each with file, line, column and, where it can be
 *   guessed, the fix.
 */
export async function openRules(source: RulesSource): Promise<OpenRules> {
  const read = await readFeaturePlan(source.catalogue);
  if (!read.ok) throw refused(read.problems);
  const plan = read.value;
  const folder = await readFolders(source);
  // Lists and transactions are hashed by the same key; which one does not matter here.
  const pseudonymizer = new Pseudonymizer(randomBytes(KEY_BYTES));
  const lists = loadLists(folder.lists, {
    schema: plan.schema,
    pseudonym: pseudonymizer.pseudonym,
  });
  const parsed = parseRuleset(folder.files);
  if (!lists.ok || !parsed.ok) {
    throw refused([
      ...(lists.ok ? [] : lists.problems.map((problem) => inFolder(source.lists, problem))),
      ...(parsed.ok ? [] : parsed.problems.map((problem) => inFolder(source.folder, problem))),
    ]);
  }
  const compiled = compileRuleset(parsed.value, plan.schema, lists.value);
  if (!compiled.ok) {
    throw refused(compiled.problems.map((problem) => inFolder(source.folder, problem)));
  }
  return { source, plan, lists: lists.value, ruleset: compiled.value, pseudonymizer };
}

async function readFolders({ folder, lists }: RulesSource): Promise<RulesetFolder> {
  try {
    return await readRulesetFolder(folder, lists);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new RulesToolError(`${said}\n  name a folder with a ruleset.yaml, and --lists`);
  }
}

/** The path as it can be opened from where the command runs. */
function inFolder(folder: string, problem: RulesetProblem): string {
  return formatProblem({ ...problem, file: `${folder.replace(/\/$/, '')}/${problem.file}` });
}

function refused(problems: readonly string[]): RulesToolError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new RulesToolError(`${problems.join('\n')}\n${count}`);
}
