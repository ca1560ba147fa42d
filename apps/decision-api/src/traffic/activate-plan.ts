import {
  TRANSACTION_UNIT,
  type PlannedLayer,
  type TrafficPlan,
  type Variant,
} from '#contracts/traffic-plan.js';
import { demotePolicy, type PolicySnapshot } from '#engine/policy-snapshot.js';
import { compileLayer } from '#experimentation/assignment/assign-unit.js';
import { checkLayer } from '#experimentation/assignment/check-layer.js';
import { compilePredicate, type Predicate } from '#expression/compile.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { ArtifactRefused } from '../artifacts/policy-in-force.js';
import type { ArtifactShelf } from './artifact-shelf.js';
import type {
  ActiveExperiment,
  ActiveLayer,
  ActiveTraffic,
  CompiledVariant,
  Deciders,
} from './route.js';

export interface ActivateOptions {
  readonly plan: FeaturePlan;
  readonly shelf: ArtifactShelf;
  /** What the node's own folders hold at the moment of asking. */
  readonly own: () => Omit<Deciders, 'thresholds'>;
}

/**
 * Makes a traffic plan ready to decide by: every model loaded, every ruleset compiled, every
 * audience checked.
 *
 * @throws ArtifactRefused when any part of it cannot be had: it then comes into force nowhere here.
 */
export async function activatePlan(
  version: number | null,
  planned: TrafficPlan,
  options: ActivateOptions,
): Promise<ActiveTraffic> {
  const demote = demoter(planned.demoted_rules);
  const compile = (variant: Variant) => compileVariant(variant, options.shelf, demote);
  const override = await compile(planned.champion);
  const champion = championOf(options.own, override, demote);
  const layers: ActiveLayer[] = [];
  for (const layer of planned.layers) {
    layers.push(await activateLayer(layer, options.plan, compile));
  }
  const shadows = [];
  for (const { shadow_id: shadowId, variant } of planned.shadows) {
    const change = await compile(variant);
    shadows.push({ shadowId, variant, deciders: () => ({ ...champion(), ...change }) });
  }
  const { exploration } = planned;
  return {
    version,
    champion,
    layers,
    shadows,
    exploration:
      exploration === null
        ? null
        : {
            salt: exploration.salt,
            share: exploration.share,
            amountMinorMax: exploration.amount_minor_max,
          },
    demotedRules: planned.demoted_rules,
  };
}

/** The refs of the models and rulesets that a plan names. */
export function namedBy(planned: TrafficPlan): {
  readonly models: Set<string>;
  readonly rulesets: Set<string>;
} {
  const variants = [
    planned.champion,
    ...planned.shadows.map(({ variant }) => variant),
    ...planned.layers.flatMap(({ experiments }) =>
      experiments.flatMap(({ arms }) => arms.map(({ variant }) => variant)),
    ),
  ];
  return {
    models: new Set(variants.flatMap(({ model }) => model ?? [])),
    rulesets: new Set(variants.flatMap(({ ruleset }) => ruleset ?? [])),
  };
}

type Demote = (policy: PolicySnapshot) => PolicySnapshot;

/** Once for each version: the node's own rules may change at any time. */
function demoter(ruleIds: readonly string[]): Demote {
  if (ruleIds.length === 0) return (policy) => policy;
  const ids = new Set(ruleIds);
  const known = new WeakMap<PolicySnapshot, PolicySnapshot>();
  return (policy) => {
    let demoted = known.get(policy);
    if (demoted === undefined) {
      demoted = demotePolicy(policy, ids);
      known.set(policy, demoted);
    }
    return demoted;
  };
}

/** The same object as long as the node's own model and rules stay: it is asked for each request. */
function championOf(
  own: ActivateOptions['own'],
  override: CompiledVariant,
  demote: Demote,
): () => Deciders {
  let last: { readonly own: ReturnType<ActivateOptions['own']>; readonly made: Deciders } | null =
    null;
  return () => {
    const mine = own();
    if (last?.own.policy !== mine.policy || last.own.models !== mine.models) {
      const base = { policy: demote(mine.policy), models: mine.models, thresholds: null };
      last = { own: mine, made: { ...base, ...override } };
    }
    return last.made;
  };
}

async function compileVariant(
  { model, ruleset, thresholds }: Variant,
  shelf: ArtifactShelf,
  demote: Demote,
): Promise<CompiledVariant> {
  return {
    ...(model === null ? {} : { models: await shelf.model(model) }),
    ...(ruleset === null ? {} : { policy: demote(await shelf.policy(ruleset)) }),
    ...(thresholds === null ? {} : { thresholds }),
  };
}

async function activateLayer(
  layer: PlannedLayer,
  plan: FeaturePlan,
  compile: (variant: Variant) => Promise<CompiledVariant>,
): Promise<ActiveLayer> {
  const layerPlan = {
    layerId: layer.layer_id,
    salt: layer.salt,
    experiments: layer.allocation,
    plans: layer.experiments.map((one) => ({
      experimentId: one.experiment_id,
      salt: one.salt,
      arms: one.allocation,
      forced: one.forced.map(({ unit_id: unitId, arm_id: armId }) => ({ unitId, armId })),
    })),
  };
  const problems = checkLayer(layerPlan).map(({ code, subject }) => `${subject}: ${code}`);
  if (problems.length > 0) throw new ArtifactRefused(`the layer ${layer.layer_id}`, problems);
  const experiments = new Map<string, ActiveExperiment>();
  for (const { experiment_id: id, audience, arms } of layer.experiments) {
    const variants = new Map<string, CompiledVariant>();
    for (const arm of arms) variants.set(arm.arm_id, await compile(arm.variant));
    experiments.set(id, { audience: audienceOf(id, audience, plan), variants });
  }
  return {
    layerId: layer.layer_id,
    unitSlot: unitSlotOf(layer, plan),
    assignment: compileLayer(layerPlan),
    experiments,
  };
}

function audienceOf(id: string, audience: string | null, plan: FeaturePlan): Predicate | null {
  if (audience === null) return null;
  const compiled = compilePredicate(audience, { schema: plan.schema });
  if (compiled.ok) return compiled.value;
  const problems = compiled.problems.map(({ message }) => message);
  throw new ArtifactRefused(`the audience of ${id}`, problems);
}

function unitSlotOf({ layer_id: id, unit }: PlannedLayer, plan: FeaturePlan): number | null {
  if (unit === TRANSACTION_UNIT) return null;
  const slot = plan.schema.slotOf(unit);
  const type = plan.schema.definitionOf(unit)?.type;
  if (slot !== undefined && (type === 'token' || type === 'string')) return slot;
  throw new ArtifactRefused(`the layer ${id}`, [
    `its unit ${unit} is no text or personal value of a transaction`,
  ]);
}
