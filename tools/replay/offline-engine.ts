import type { LabelRequest } from '#contracts/outcome-request.js';
import type { SignalRecord } from '#contracts/signals.js';
import { notDegraded } from '#decision/degradation.js';
import { patchOfLabel } from '#engine/event-patch.js';
import { judge } from '#engine/judge.js';
import type { PolicySnapshot } from '#engine/policy-snapshot.js';
import { prepareTransaction, type PreparedTransaction } from '#engine/prepare.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { computeFeatures } from '#features/vector.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import type { Decided } from './decided.js';
import type { HistoryItem } from './history-item.js';
import {
  readModel,
  readPlan,
  readPolicy,
  type EngineFiles,
  type OfflineModel,
} from './offline-artifacts.js';

/**
 * A replay of years holds more entities than a node serves at once: they are forgotten by age, not
 * by number.
 */
const ENTITIES_MAX = 50_000_000;
const REFERENCES_MAX = 10_000_000;

/** A payment with its features. */
export interface Counted {
  readonly item: HistoryItem;
  readonly prepared: PreparedTransaction;
}

/**
 * The engine of the decision API in this process: the same extraction, features, rules, model and
 * policy, over the in-memory feature store. Only claims, deadlines and the journal, which history
 * does not need, are left out.
 */
export class OfflineEngine {
  private clockMs = 0;
  private readonly store = new MemoryFeatureStore({
    entitiesMax: ENTITIES_MAX,
    referencesMax: REFERENCES_MAX,
    now: () => this.clockMs,
  });
  private readonly scoreSlot: number;

  private constructor(
    readonly plan: FeaturePlan,
    private readonly pseudonymizer: Pseudonymizer,
    private readonly policy: PolicySnapshot | null,
    private readonly model: OfflineModel | null,
  ) {
    this.scoreSlot = plan.schema.size - 1;
  }

  static async open(files: EngineFiles): Promise<OfflineEngine> {
    const plan = await readPlan(files.featuresFile);
    const pseudonymizer = new Pseudonymizer(files.pseudonymKey);
    const policy = await readPolicy(files, plan, pseudonymizer.pseudonym);
    const model = files.modelFolder === null ? null : await readModel(files.modelFolder, plan);
    return new OfflineEngine(plan, pseudonymizer, policy, model);
  }

  /** Without a model there is nothing to gain by deciding many payments at once. */
  get hasModel(): boolean {
    return this.model !== null && this.policy !== null;
  }

  prepare(item: HistoryItem): PreparedTransaction {
    return prepareTransaction(this.plan, this.pseudonymizer, item.request, item.timeMs);
  }

  /** Computes the features of a payment and counts it for later ones. Call in time order. */
  count(item: HistoryItem, prepared: PreparedTransaction): Counted {
    this.clockMs = item.timeMs;
    const states = this.store.readAndAppendNow({
      ...prepared,
      claim: null,
      nowMs: item.timeMs,
      append: true,
    });
    computeFeatures(this.plan, prepared.record, states, item.timeMs);
    return { item, prepared };
  }

  label(label: LabelRequest, learntAtMs: number): void {
    this.store.patchNow([patchOfLabel(this.pseudonymizer, label, learntAtMs)]);
  }

  /** Scores the payments in one go, then asks rules and policy about each. */
  async decideMany(batch: readonly Counted[]): Promise<readonly Decided[]> {
    const scores = await this.score(batch.map(({ prepared }) => prepared.record));
    return batch.map((counted, index) => this.decide(counted, scores?.[index] ?? null));
  }

  /** As the decision API: what is declined counts as declined from then on. */
  decide({ item, prepared }: Counted, probability: number | null): Decided {
    const { policy } = this;
    if (policy === null) return undecided;
    const { verdict, evaluation } = judge(policy.ruleset, prepared.record, {
      probability,
      // Deciding by rules only is what was asked for here, not a failure.
      degradation: notDegraded,
      transactionId: item.request.transaction_id,
      scoreSlot: this.scoreSlot,
    });
    if (verdict.decision === 'decline') {
      this.store.patchNow([{ eventId: prepared.eventId, declined: true }]);
    }
    const hits = evaluation?.hits ?? [];
    return {
      decision: verdict.decision,
      probability,
      riskScore: verdict.riskScore,
      rules: hits.map((hit) => (hit.applied ? hit.rule.id : `${hit.rule.id}?`)),
      rulePoints: evaluation?.scoreDelta ?? Number.NaN,
      degraded: evaluation === null ? 'static_policy' : 'none',
      features: [],
    };
  }

  async close(): Promise<void> {
    await this.model?.host.close();
    await this.store.close();
  }

  private async score(records: readonly SignalRecord[]): Promise<Float32Array | null> {
    const { model } = this;
    if (model === null || records.length === 0) return null;
    const { width, host, writeRow } = model;
    const rows = new Float32Array(records.length * width);
    records.forEach((record, index) => {
      writeRow(record, rows.subarray(index * width, (index + 1) * width));
    });
    return host.scoreBatch(rows, records.length);
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
