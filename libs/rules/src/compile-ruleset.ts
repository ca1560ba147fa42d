import type { SignalSchema } from '#contracts/signals.js';
import {
  compilePredicate,
  type ExpressionEnvironment,
  type Predicate,
} from '#expression/compile.js';
import { didYouMean } from '#expression/problem.js';
import { childrenOf, type TypedNode } from '#expression/typed-node.js';

import { CompiledRuleset, type CompiledRule } from './compiled-ruleset.js';
import type { Lists } from './list-file.js';
import { compilePolicy } from './policy.js';
import type { Parsed, RulesetProblem } from './ruleset-problem.js';
import type { RuleDefinition, Ruleset, SourceText } from './ruleset.js';
import { rowCondition } from './table-cell.js';

/**
 * Checks and compiles every expression of a ruleset, drafts and paused rules included, so that what
 * is switched on later is known to be sound.
 *
 * @returns Every problem, with rule, file, line and column, or the ruleset ready to be evaluated.
 */
export function compileRuleset(
  ruleset: Ruleset,
  schema: SignalSchema,
  lists: Lists,
): Parsed<CompiledRuleset> {
  const problems: RulesetProblem[] = [];
  const environment = { schema, lists: declaredLists(ruleset, lists, problems) };
  const compile = (source: SourceText, subject: string): Predicate | null =>
    compileSource(source, { subject, environment, problems });
  const rules = ruleset.rules.flatMap((rule) => {
    const subject = rule.table === null ? `rule ${rule.id}` : `table row ${rule.id}`;
    const text = rule.cells === null ? rule.when.text : rowCondition(rule.cells, schema);
    refuseUnit(rule, schema, problems);
    const predicate = compile({ text, place: rule.when.place }, subject);
    return predicate === null ? [] : compiledRule(rule, predicate, schema);
  });
  const segments = ruleset.policy.segments.map(({ name, when }) =>
    when === null ? null : compile(when, `segment ${name}`),
  );
  if (problems.length > 0) return { ok: false, problems };
  const policy = compilePolicy(ruleset.policy, segments);
  return { ok: true, value: new CompiledRuleset(ruleset, rules, { policy, environment }) };
}

/** Only the lists a ruleset declares, so that one glance at its head shows what it depends on. */
function declaredLists(ruleset: Ruleset, lists: Lists, problems: RulesetProblem[]): Lists {
  const declared = new Set(ruleset.lists);
  for (const name of declared) {
    if (lists.find(name) !== undefined) continue;
    const message = `unknown list ${name}${didYouMean(name, lists.names())}`;
    problems.push({ file: 'ruleset.yaml', line: 1, column: 1, subject: 'lists', message });
  }
  return {
    names: () => declared,
    find: (name) => (declared.has(name) ? lists.find(name) : undefined),
  };
}

interface CompileContext {
  readonly subject: string;
  readonly environment: ExpressionEnvironment;
  readonly problems: RulesetProblem[];
}

function compileSource(source: SourceText, context: CompileContext): Predicate | null {
  const compiled = compilePredicate(source.text, context.environment);
  if (compiled.ok) return compiled.value;
  const { subject } = context;
  const { file } = source.place;
  for (const { position, message, hint } of compiled.problems) {
    const problem = { file, ...source.place.locate(position), subject, message };
    context.problems.push(hint === undefined ? problem : { ...problem, hint });
  }
  return null;
}

function refuseUnit(rule: RuleDefinition, schema: SignalSchema, problems: RulesetProblem[]): void {
  if (rule.unit === null) return;
  const type = schema.definitionOf(rule.unit)?.type;
  if (type === 'token' || type === 'string') return;
  const names = schema.definitions.map((signal) => signal.name);
  const message =
    type === undefined
      ? `unknown unit ${rule.unit}${didYouMean(rule.unit, names)}`
      : `the unit ${rule.unit} is a ${type}; a text or a personal value is needed`;
  const { file } = rule.when.place;
  problems.push({ file, ...rule.when.place.locate(0), subject: `rule ${rule.id}`, message });
}

function compiledRule(
  rule: RuleDefinition,
  predicate: Predicate,
  schema: SignalSchema,
): CompiledRule[] {
  const { mode } = rule;
  if (mode === 'draft' || mode === 'paused') return [];
  const { id, name, action, reason, rolloutPercent, onUnknown, scoreDelta, tags, table } = rule;
  const byList = asksList(predicate.node);
  const info = {
    id,
    name,
    action,
    reason,
    mode,
    rolloutPercent,
    onUnknown,
    scoreDelta,
    tags,
    table,
    byList,
  };
  const units = rule.unit === null ? ['customer', 'card'] : [rule.unit];
  const unitSlots = units.flatMap((unit) => schema.slotOf(unit) ?? []);
  return [{ info, predicate, unitSlots }];
}

function asksList(node: TypedNode): boolean {
  return node.kind === 'list' || childrenOf(node).some(asksList);
}
