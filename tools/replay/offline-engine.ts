import type { LabelRequest } from '#contracts/outcome-request.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { computeFeatures } from '#features/vector.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import type { Decided } from './decided.js';
import type { HistoryItem } from './history-item.js';
import {
  readModel,
  readPlan,
  readRules,
  type EngineFiles,
  type OfflineModel,
} from './offline-artifacts.js';
import { decideOffline, type Prepared } from './offline-decide.js';
import { patchOf, stateOf } from './payment-state.js';

/**
 * A replay of years holds more entities than a node serves at once: they are forgotten by age, not
 * by number.
 */
const ENTITIES_MAX = 50_000_000;
const REFERENCES_MAX = 10_000_000;

/**
 * The engine of the decision API in this process: the same extraction, feature plan, rules, model
 * and policy, over the in-memory feature store. Only claims, deadlines and the journal, which
 * history does not need, are left out.
 */
export class OfflineEngine {
  private clockMs = 0;
  private readonly store = new MemoryFeatureStore({
    entitiesMax: ENTITIES_MAX,
    referencesMax: REFERENCES_MAX,
    now: () => this.clockMs,
  });

  private constructor(
    readonly plan: FeaturePlan,
    private readonly pseudonymizer: Pseudonymizer,
    private readonly rules: CompiledRuleset | null,
    private readonly model: OfflineModel | null,
  ) {}

  static async open(files: EngineFiles): Promise<OfflineEngine> {
    const plan = await readPlan(files.featuresFile);
    const pseudonymizer = new Pseudonymizer(files.pseudonymKey);
    const rules =
      files.rulesetFolder === null
        ? null
        : await readRules(files.rulesetFolder, {
            listFolder: files.listFolder,
            plan,
            pseudonym: pseudonymizer.pseudonym,
          });
    const model = files.modelFolder === null ? null : await readModel(files.modelFolder, plan);
    return new OfflineEngine(plan, pseudonymizer, rules, model);
  }

  /** Computes the features of a payment and counts it. Call in time order. */
  prepare(item: HistoryItem): Prepared {
    const { record, request } = stateOf(this.plan, this.pseudonymizer, item);
    this.clockMs = item.timeMs;
    computeFeatures(this.plan, record, this.store.readAndAppendNow(request), item.timeMs);
    return { item, record };
  }

  label(label: LabelRequest): void {
    this.store.patchNow([patchOf(this.pseudonymizer, label)]);
  }

  /** Scores the payments in one go, then asks rules and policy about each. */
  async decide(batch: readonly Prepared[]): Promise<readonly Decided[]> {
    const { rules } = this;
    if (rules === null) return batch.map(() => undecided);
    const scores = await this.score(batch);
    return batch.map((prepared, index) => {
      const score = scores?.[index];
      return decideOffline(rules, prepared, {
        probability: score === undefined || Number.isNaN(score) ? null : score,
        scoreSlot: this.plan.schema.slotOf('score') ?? -1,
      });
    });
  }

  async close(): Promise<void> {
    await this.model?.host.close();
    await this.store.close();
  }

  private async score(batch: readonly Prepared[]): Promise<Float32Array | null> {
    const { model } = this;
    if (model === null || batch.length === 0) return null;
    const rows = new Float32Array(batch.length * model.width);
    batch.forEach(({ record }, index) => {
      model.writeRow(record, rows.subarray(index * model.width, (index + 1) * model.width));
    });
    return model.host.scoreBatch(rows, batch.length);
  }
}

const undecided: Decided = {
  decision: null,
  probability: null,
  riskScore: null,
  rules: [],
  rulePoints: Number.NaN,
  degraded: 'none',
  features: [],
};
