import type { TrafficRecord } from '#contracts/journal-record.js';
import type { SignalRecord } from '#contracts/signals.js';
import type { Thresholds, Variant } from '#contracts/traffic-plan.js';
import type { ModelHost } from '#engine/inference/model-host.js';
import type { PolicySnapshot } from '#engine/policy-snapshot.js';
import type { ExplorationPolicy } from '#experimentation/assignment/explore-decline.js';
import { assignUnit, type CompiledLayer } from '#experimentation/assignment/assign-unit.js';
import type { Predicate } from '#expression/compile.js';
import { TRUE } from '#expression/truth.js';

export type Assigned = TrafficRecord['assignments'][number];

/** What judges a transaction: a model, a ruleset, and thresholds in place of the ruleset's. */
export interface Deciders {
  readonly policy: PolicySnapshot;
  /** Null: no model is wanted. */
  readonly models: ModelHost | null;
  readonly thresholds: Thresholds | null;
}

/** How one transaction is decided, and by whose leave. */
export interface Route extends Deciders {
  /** Whether an arm, and not the champion, brought the model. */
  readonly role: 'champion' | 'challenger';
  readonly assignments: readonly Assigned[];
}

/** A part of the deciders that a variant replaces; what it leaves out stays as it was. */
export type CompiledVariant = Partial<Deciders>;

export interface ActiveLayer {
  readonly layerId: string;
  /** Where the unit stands in a record; null: the transaction's own id. */
  readonly unitSlot: number | null;
  readonly assignment: CompiledLayer;
  /** By experiment id. */
  readonly experiments: ReadonlyMap<string, ActiveExperiment>;
}

export interface ActiveExperiment {
  /** Null: everyone. */
  readonly audience: Predicate | null;
  /** By arm id. */
  readonly variants: ReadonlyMap<string, CompiledVariant>;
}

export interface ActiveShadow {
  readonly shadowId: string;
  readonly variant: Variant;
  readonly deciders: () => Deciders;
}

/** A transaction as its route is chosen by. */
export interface Routed {
  readonly record: SignalRecord;
  readonly transactionId: string;
}

/** A version of the traffic plan, ready to be asked. */
export interface ActiveTraffic {
  /** Null where nothing was published: the node's own folders decide. */
  readonly version: number | null;
  readonly champion: () => Deciders;
  readonly layers: readonly ActiveLayer[];
  readonly shadows: readonly ActiveShadow[];
  readonly exploration: ExplorationPolicy | null;
  readonly demotedRules: readonly string[];
}

const nobody: readonly Assigned[] = [];

/**
 * Who decides a transaction whose features are filled in: the champion, changed by the arm that its
 * unit has in each layer. Layers change different parts; that is checked before a plan is
 * published.
 */
export function routeTransaction(
  traffic: ActiveTraffic,
  champion: Deciders,
  { record, transactionId }: Routed,
): Route {
  if (traffic.layers.length === 0) return { ...champion, role: 'champion', assignments: nobody };
  const assignments: Assigned[] = [];
  let deciders: Deciders = champion;
  for (const layer of traffic.layers) {
    const unit = layer.unitSlot === null ? transactionId : record.strings[layer.unitSlot];
    if (unit === null || unit === undefined) continue;
    const assigned = assignUnit(layer.assignment, unit);
    if (assigned === null) continue;
    const experiment = layer.experiments.get(assigned.experimentId);
    if (experiment === undefined || !isInAudience(experiment, record)) continue;
    deciders = { ...deciders, ...experiment.variants.get(assigned.armId) };
    assignments.push({
      layer_id: layer.layerId,
      experiment_id: assigned.experimentId,
      arm_id: assigned.armId,
      unit,
      propensity: assigned.propensity,
      forced: assigned.forced,
    });
  }
  const role = deciders.models === champion.models ? 'champion' : 'challenger';
  return { ...deciders, role, assignments };
}

/** Who is in it without doubt: a condition that cannot be decided leaves the champion. */
function isInAudience({ audience }: ActiveExperiment, record: SignalRecord): boolean {
  return audience === null || audience.evaluate(record) === TRUE;
}
