import { readFile } from 'node:fs/promises';
import { DecisionRequest } from '#contracts/decision-request.js';
import type { SignalRecord } from '#contracts/signals.js';
import { notDegraded } from '#decision/degradation.js';
import { judge } from '#engine/judge.js';
import { prepareTransaction } from '#engine/prepare.js';
import { didYouMean } from '#expression/problem.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { computeDerived, computeFeatures } from '#features/vector.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { openRules, RulesToolError, type OpenRules, type RulesSource } from './open-rules.js';
import { printTraces, printVerdict } from './print-explanation.js';

export interface ExplainOptions {
  /** Name to value as written; empty for missing. */
  readonly feature?: ReadonlyMap<string, string>;
  readonly score?: number;
  /** Ids of the rules to print; all by default. */
  readonly rule?: readonly string[];
}

/**
 * Prints the decision on a transaction and why each rule came out as it did. Features are those of
 * a first payment, but for the ones that are given.
 *
 * @throws RulesToolError for files and options that cannot be used.
 */
export async function explainTransaction(
  file: string,
  source: RulesSource,
  options: ExplainOptions,
): Promise<void> {
  const opened = await openRules(source);
  const { plan, ruleset } = opened;
  refuseUnknownRules(options.rule ?? [], opened);
  const request = await readRequest(file);
  const record = recordOf(request, opened);
  setFeatures(plan, record, options.feature ?? new Map());
  const probability = options.score ?? null;
  const { verdict } = judge(ruleset, record, {
    probability,
    degradation: notDegraded,
    transactionId: request.transaction_id,
    scoreSlot: plan.schema.size - 1,
  });
  const traces = ruleset.trace(record, request.transaction_id);
  printVerdict(verdict, probability, ruleset.policy.segmentOf(record));
  const wanted = options.rule;
  const shown = traces.filter(({ rule }) => wanted === undefined || wanted.includes(rule.id));
  printTraces(shown, plan.schema);
}

function refuseUnknownRules(wanted: readonly string[], { ruleset }: OpenRules): void {
  const ids = ruleset.ruleInfos.map((rule) => rule.id);
  const unknown = wanted.find((id) => !ids.includes(id));
  if (unknown === undefined) return;
  throw new RulesToolError(`no rule ${unknown} is evaluated${didYouMean(unknown, ids)}`);
}

async function readRequest(file: string): Promise<DecisionRequest> {
  let body: unknown;
  try {
    body = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new RulesToolError(`${file}: ${said}\n  give a body of POST /v1/decisions`);
  }
  const parsed = DecisionRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${file}: ${path.join('.')}: ${message}`,
  );
  throw new RulesToolError(problems.join('\n'));
}

/** The signals of a payment whose card, customer and so on were never seen before. */
function recordOf(request: DecisionRequest, { plan, pseudonymizer }: OpenRules): SignalRecord {
  const timeMs = request.event_time === undefined ? Date.now() : Date.parse(request.event_time);
  const prepared = prepareTransaction(plan, pseudonymizer, request, timeMs);
  const store = new MemoryFeatureStore({ now: () => timeMs });
  const states = store.readAndAppendNow({
    ...prepared,
    claim: null,
    nowMs: timeMs,
    append: true,
  });
  computeFeatures(plan, prepared.record, states, timeMs);
  for (const { field, message } of prepared.warnings) console.error(`${field}: ${message}`);
  return prepared.record;
}

/** Sets the features that are given, and works out anew what is derived from them. */
function setFeatures(
  plan: FeaturePlan,
  record: SignalRecord,
  given: ReadonlyMap<string, string>,
): void {
  const slots = new Set<number>();
  for (const [name, written] of given) {
    const slot = plan.schema.slotOf(name);
    const origin = plan.schema.definitionOf(name)?.origin;
    if (slot === undefined || origin !== 'feature') {
      const why =
        origin === undefined
          ? `unknown feature ${name}${didYouMean(name, plan.featureNames)}`
          : `${name} is no feature: it stands in the transaction, or is given by --score`;
      throw new RulesToolError(`--feature: ${why}`);
    }
    const value = written === '' ? Number.NaN : Number(written);
    if (written !== '' && Number.isNaN(value)) {
      throw new RulesToolError(`--feature: ${name}: ${written} is not a number`);
    }
    record.numbers[slot] = value;
    slots.add(slot);
  }
  computeDerived(plan, record, slots);
}
