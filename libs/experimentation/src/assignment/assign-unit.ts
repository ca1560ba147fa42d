import { bucketCount, ownersByBucket, type Allocation } from './allocation.js';
import { bucketOf, BUCKETS } from './bucket.js';

/** What an experiment needs for assignment; its audience is decided before, by the caller. */
export interface ExperimentPlan {
  readonly experimentId: string;
  /** A salt of its own, so that arms are independent of the layer and of experiments before. */
  readonly salt: string;
  readonly arms: Allocation;
  /** Units that get an arm whatever their hash says, for tests by hand. */
  readonly forced: readonly { readonly unitId: string; readonly armId: string }[];
}

/** Experiments that exclude one another. Layers are independent: each has its own salt. */
export interface LayerPlan {
  readonly layerId: string;
  readonly salt: string;
  /** Which experiment owns which buckets of the layer. */
  readonly experiments: Allocation;
  readonly plans: readonly ExperimentPlan[];
}

export interface Assignment {
  readonly experimentId: string;
  readonly armId: string;
  /**
   * The probability, (0, 1], that a unit of the audience gets this arm: the experiment's share of
   * the layer times the arm's share of the experiment. 1 when forced.
   */
  readonly propensity: number;
  /** A forced unit is not random: analyses leave it out. */
  readonly forced: boolean;
}

interface CompiledExperiment {
  readonly salt: string;
  readonly arms: readonly (Assignment | null)[];
}

/** A layer made ready at publish, so that assigning a unit is two hashes and two look-ups. */
export interface CompiledLayer {
  readonly salt: string;
  readonly experiments: readonly (CompiledExperiment | null)[];
  readonly forced: ReadonlyMap<string, Assignment>;
}

export function compileLayer(layer: LayerPlan): CompiledLayer {
  const compiled = new Map(
    layer.plans.map((plan) => [plan.experimentId, compileExperiment(plan, layer.experiments)]),
  );
  return {
    salt: layer.salt,
    experiments: ownersByBucket(layer.experiments).map((owner) =>
      owner === null ? null : (compiled.get(owner) ?? null),
    ),
    forced: new Map(
      layer.plans.flatMap(({ experimentId, forced }) =>
        forced.map(({ unitId, armId }) => [
          unitId,
          { experimentId, armId, propensity: 1, forced: true },
        ]),
      ),
    ),
  };
}

/**
 * Which arm of the layer a unit gets; null when its bucket belongs to no experiment or no arm. A
 * function of definition and unit alone: the same unit gets the same arm on every node, after every
 * restart, until the definition changes.
 */
export function assignUnit(layer: CompiledLayer, unitId: string): Assignment | null {
  const forced = layer.forced.get(unitId);
  if (forced !== undefined) return forced;
  const experiment = layer.experiments[bucketOf(layer.salt, unitId)] ?? null;
  if (experiment === null) return null;
  return experiment.arms[bucketOf(experiment.salt, unitId)] ?? null;
}

function compileExperiment(plan: ExperimentPlan, experiments: Allocation): CompiledExperiment {
  const { experimentId, salt } = plan;
  const layerShare = shareOf(experiments, experimentId);
  const assignments = new Map<string, Assignment>(
    plan.arms.map(({ ownerId: armId }) => [
      armId,
      { experimentId, armId, propensity: layerShare * shareOf(plan.arms, armId), forced: false },
    ]),
  );
  const arms = ownersByBucket(plan.arms).map((armId) =>
    armId === null ? null : (assignments.get(armId) ?? null),
  );
  return { salt, arms };
}

function shareOf(allocation: Allocation, ownerId: string): number {
  const share = allocation.find((one) => one.ownerId === ownerId);
  return share === undefined ? 0 : bucketCount(share.ranges) / BUCKETS;
}
