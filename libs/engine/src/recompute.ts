import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { DecisionReply } from '#contracts/decision-reply.js';
import type { DecisionRecord } from '#contracts/journal-record.js';
import { letThrough } from '#decision/exploration.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { findBundle } from './artifacts/bundle-places.js';
import { readFeaturePlan } from './artifacts/feature-plan-file.js';
import { readRulesetFolder } from './artifacts/ruleset-folder.js';
import { signalsOfRecord } from './decision-record-json.js';
import { ModelHost } from './inference/model-host.js';
import type { ServingModel } from './inference/serving-model.js';
import { judge } from './judge.js';
import { buildPolicySnapshot, demotePolicy, type PolicySnapshot } from './policy-snapshot.js';
import type { Pseudonymizer } from './pseudonymizer.js';

export interface RecomputerOptions {
  /** Where the service keeps every version that decided: DATA_DIR/artifacts. */
  readonly archiveDir: string;
  /** Null: no model is wanted. */
  readonly modelDir: string | null;
  readonly pseudonymizer: Pseudonymizer;
}

export interface Recomputed {
  readonly identical: boolean;
  /** What differs, one sentence each: the field, what was recorded, what comes out now. */
  readonly differences: readonly string[];
}

/** The model's own reasons depend on the time that was left; what failed then failed then. */
const isRecomputable = (reason: DecisionReply['reasons'][number]): boolean =>
  reason.source !== 'model';

/**
 * Decides recorded transactions again, by the versions that decided them, from their records alone.
 */
export class Recomputer {
  private readonly plans = new Map<string, Promise<FeaturePlan>>();
  private readonly policies = new Map<string, Promise<PolicySnapshot>>();
  private readonly models = new Map<string, Promise<ModelHost>>();

  constructor(private readonly options: RecomputerOptions) {}

  /** @throws Error when a version that decided is no longer to be had. */
  async recompute(stored: DecisionRecord): Promise<Recomputed> {
    const plan = await once(this.plans, stored.versions.feature_set, (id) => this.openPlan(id));
    const published = await once(this.policies, `${plan.version} ${stored.versions.ruleset}`, () =>
      this.openPolicy(stored.versions.ruleset, plan),
    );
    const { traffic } = stored;
    const policy = demotePolicy(published, new Set(traffic?.demoted_rules));
    const record = signalsOfRecord(stored);
    const probability = await this.score(stored, plan);
    const { verdict: judged, evaluation } = judge(policy.ruleset, record, {
      probability,
      degradation: stored.degradation,
      transactionId: stored.reply.transaction_id,
      scoreSlot: plan.schema.size - 1,
      thresholds: traffic?.thresholds ?? null,
    });
    const verdict = traffic?.exploration?.let_through === true ? letThrough(judged) : judged;
    const { reply } = stored;
    const differences = [
      compare('probability', stored.probability, probability),
      compare('decision', reply.decision, verdict.decision),
      compare('risk_score', reply.risk_score, verdict.riskScore),
      compare('risk_level', reply.risk_level, verdict.riskLevel),
      compare(
        'reasons',
        reply.reasons.filter(isRecomputable).map(({ code, rule_id: id }) => [code, id]),
        verdict.reasons.map(({ code, ruleId }) => [code, ruleId]),
      ),
      compare('tags', reply.tags, evaluation?.tags ?? []),
      compare(
        'rules that hit',
        reply.rules.filter((rule) => rule.applied).map((rule) => rule.id),
        (evaluation?.hits ?? []).filter((hit) => hit.applied).map((hit) => hit.rule.id),
      ),
      compare(
        'shadow rules',
        stored.shadow_rules,
        (evaluation?.hits ?? [])
          .filter((hit) => hit.rule.mode === 'shadow')
          .map((hit) => hit.rule.id),
      ),
    ].filter((difference) => difference !== null);
    return { identical: differences.length === 0, differences };
  }

  async close(): Promise<void> {
    // What could not be opened was told by `recompute`.
    for (const opened of await Promise.allSettled(this.models.values())) {
      if (opened.status === 'fulfilled') await opened.value.close();
    }
  }

  /** A decision made without a score is made without one again. */
  private async score(stored: DecisionRecord, plan: FeaturePlan): Promise<number | null> {
    const { model: name } = stored.versions;
    if (name === null || stored.probability === null) return null;
    const host = await once(this.models, `${plan.version} ${name}`, () =>
      this.openModel(name, plan),
    );
    const model = host.current;
    if (model === null) throw new Error(`the model ${name} is not loaded`);
    const row = rowOf(model, stored, plan);
    const [probability] = await model.scoreBatch(row, 1);
    return probability ?? null;
  }

  private async openPlan(version: string): Promise<FeaturePlan> {
    const file = join(this.options.archiveDir, 'features', `${version}.yaml`);
    const read = await readFeaturePlan(file);
    if (!read.ok) throw new Error(read.problems.join('\n'));
    if (read.value.version !== version) throw new Error(`${file} is not what it was: hash differs`);
    return read.value;
  }

  private async openPolicy(version: string, plan: FeaturePlan): Promise<PolicySnapshot> {
    const folder = join(this.options.archiveDir, 'rulesets', version);
    const files = await readRulesetFolder(join(folder, 'ruleset'), join(folder, 'lists'));
    if (files.version !== version) throw new Error(`${folder} is not what it was: hash differs`);
    const built = buildPolicySnapshot(files, plan.schema, this.options.pseudonymizer.pseudonym);
    if (!built.ok) throw new Error(built.problems.join('\n'));
    return built.value;
  }

  private async openModel(name: string, plan: FeaturePlan): Promise<ModelHost> {
    const { archiveDir, modelDir } = this.options;
    const folder = await findBundle(name, { archiveDir, modelDir });
    if (folder === null)
      throw new Error(`no bundle of the model ${name} was found: set MODEL_DIR to its folder`);
    const host = ModelHost.start();
    const loaded = await host.load(folder, plan.schema);
    if (!loaded.ok) throw new Error(loaded.errors.join('\n'));
    return host;
  }
}

function rowOf(model: ServingModel, stored: DecisionRecord, plan: FeaturePlan): Float32Array {
  const record = signalsOfRecord(stored);
  record.numbers[plan.schema.size - 1] = Number.NaN; // No model reads its own score.
  const row = new Float32Array(model.features.length);
  model.writeRow(record, row);
  return row;
}

function compare(field: string, recorded: unknown, now: unknown): string | null {
  if (isDeepStrictEqual(recorded, now)) return null;
  return `${field}: recorded ${JSON.stringify(recorded)}, now ${JSON.stringify(now)}`;
}

function once<T>(
  known: Map<string, Promise<T>>,
  key: string,
  open: (key: string) => Promise<T>,
): Promise<T> {
  let opened = known.get(key);
  if (opened === undefined) {
    opened = open(key);
    known.set(key, opened);
  }
  return opened;
}
