import type { EntityManager } from 'typeorm';
import { AppError } from '#contracts/app-error.js';
import {
  ownFoldersPlan,
  type ExplorationPlan,
  type PlannedLayer,
  type PlannedShadow,
  type TrafficPlan,
  type Variant,
} from '#contracts/traffic-plan.js';
import { BUCKETS } from '#experimentation/assignment/bucket.js';
import {
  ExperimentRow,
  LayerRow,
  RolloutRow,
  SettingRow,
  ShadowRow,
} from '#store/postgres/control-plane.entities.js';

/** Names of the rows of `settings`. */
export const CHAMPION = 'champion';
export const EXPLORATION = 'exploration';
export const DEMOTED_RULES = 'demoted_rules';

/** The arms of a rollout. */
export const CANDIDATE = 'candidate';
export const BASELINE = 'baseline';

const noChange: Variant = { model: null, ruleset: null, thresholds: null };
const parts = ['model', 'ruleset', 'thresholds'] as const;

/**
 * The traffic plan that follows from what the tables say now.
 *
 * @throws AppError CONTROL_CONFLICT where two layers change the same part.
 */
export async function composePlan(manager: EntityManager): Promise<TrafficPlan> {
  const settings = new Map(
    (await manager.find(SettingRow)).map(({ name, value }) => [name, value]),
  );
  const rollouts = await manager.find(RolloutRow, {
    where: { isOver: false },
    order: { rolloutId: 'ASC' },
  });
  const shadows = await manager.find(ShadowRow, { order: { shadowId: 'ASC' } });
  const layers = [
    ...(await experimentLayers(manager)),
    ...rollouts.filter((rollout) => !isShadow(rollout)).map(layerOfRollout),
  ];
  refuseCollisions(layers);
  return {
    v: 1,
    champion: (settings.get(CHAMPION) as Variant | undefined) ?? ownFoldersPlan.champion,
    layers,
    shadows: [
      ...shadows.map(({ shadowId, variant }) => ({ shadow_id: shadowId, variant })),
      ...rollouts.filter(isShadow).map(shadowOfRollout),
    ],
    exploration: (settings.get(EXPLORATION) as ExplorationPlan | null | undefined) ?? null,
    demoted_rules: (settings.get(DEMOTED_RULES) as string[] | undefined) ?? [],
  };
}

async function experimentLayers(manager: EntityManager): Promise<PlannedLayer[]> {
  const layers = await manager.find(LayerRow, { order: { layerId: 'ASC' } });
  const running = await manager.find(ExperimentRow, {
    where: { state: 'running' },
    order: { experimentId: 'ASC' },
  });
  return layers
    .map(({ layerId, unit, salt, allocation }) => ({
      layer_id: layerId,
      unit,
      salt,
      allocation,
      experiments: running.flatMap((row) =>
        row.layerId === layerId && row.planned !== null ? [row.planned] : [],
      ),
    }))
    .filter(({ experiments }) => experiments.length > 0);
}

/** A rollout in its first stage decides for nobody. */
function isShadow({ allocation }: RolloutRow): boolean {
  return !allocation.some(({ ownerId, ranges }) => ownerId === CANDIDATE && ranges.length > 0);
}

function shadowOfRollout({ rolloutId, request }: RolloutRow): PlannedShadow {
  return { shadow_id: rolloutId, variant: request.variant };
}

/** A layer of its own, that owns everything: all traffic is candidate or baseline. */
function layerOfRollout({ rolloutId, request, allocation }: RolloutRow): PlannedLayer {
  return {
    layer_id: rolloutId,
    unit: request.unit,
    salt: `rollout layer ${rolloutId}`,
    allocation: [{ ownerId: rolloutId, ranges: [{ from: 0, to: BUCKETS }] }],
    experiments: [
      {
        experiment_id: rolloutId,
        salt: `rollout ${rolloutId}`,
        audience: null,
        arms: [
          { arm_id: CANDIDATE, variant: request.variant },
          { arm_id: BASELINE, variant: noChange },
        ],
        allocation: allocation.filter(({ ranges }) => ranges.length > 0),
        forced: [],
      },
    ],
  };
}

/** Two layers that change the same part would each undo the other's arms. */
function refuseCollisions(layers: readonly PlannedLayer[]): void {
  const changedBy = new Map<string, string>();
  for (const layer of layers) {
    const variants = layer.experiments.flatMap(({ arms }) => arms.map(({ variant }) => variant));
    for (const part of parts) {
      if (!variants.some((variant) => variant[part] !== null)) continue;
      const other = changedBy.get(part);
      if (other !== undefined) {
        throw new AppError('CONTROL_CONFLICT', {
          detail:
            `The layers ${other} and ${layer.layer_id} would both change the ${part}: put the ` +
            'experiments into one layer, or end one of them first.',
        });
      }
      changedBy.set(part, layer.layer_id);
    }
  }
}
