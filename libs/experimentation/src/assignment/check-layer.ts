import type { Allocation } from './allocation.js';
import type { ExperimentPlan, LayerPlan } from './assign-unit.js';
import { BUCKETS } from './bucket.js';

export type LayerProblemCode =
  | 'SALT_NOT_USABLE'
  | 'SALT_TWICE'
  | 'BUCKETS_OUT_OF_RANGE'
  | 'BUCKETS_OWNED_TWICE'
  | 'EXPERIMENT_TWICE'
  | 'EXPERIMENT_WITHOUT_PLAN'
  | 'EXPERIMENT_WITHOUT_BUCKETS'
  | 'FORCED_ARM_UNKNOWN'
  | 'UNIT_FORCED_TWICE';

export interface LayerProblem {
  readonly code: LayerProblemCode;
  /** The layer, experiment, arm or unit that it is about. */
  readonly subject: string;
}

/**
 * Everything wrong with a layer, so that it is refused at publish: what passes here is compiled and
 * assigns every unit to one arm at most. Buckets without owner are no mistake.
 */
export function checkLayer(layer: LayerPlan): LayerProblem[] {
  const { layerId, plans, experiments } = layer;
  const ids = plans.map(({ experimentId }) => experimentId);
  const owners = experiments.map(({ ownerId }) => ownerId);
  const forced = plans.flatMap((plan) => plan.forced.map(({ unitId }) => unitId));
  return [
    ...saltProblems(layer),
    ...allocationProblems(experiments, layerId),
    ...twice(ids, 'EXPERIMENT_TWICE'),
    ...missing(owners, ids, 'EXPERIMENT_WITHOUT_PLAN'),
    ...missing(ids, owners, 'EXPERIMENT_WITHOUT_BUCKETS'),
    ...plans.flatMap(({ arms, experimentId }) => allocationProblems(arms, experimentId)),
    ...plans.flatMap(forcedProblems),
    ...twice(forced, 'UNIT_FORCED_TWICE'),
  ];
}

/** The same salt twice would tie an experiment's arms to the layer, or to those of another. */
function saltProblems({ layerId, salt, plans }: LayerPlan): LayerProblem[] {
  const salted = [
    { subject: layerId, salt },
    ...plans.map((plan) => ({ subject: plan.experimentId, salt: plan.salt })),
  ];
  return salted.flatMap((one, nth): LayerProblem[] => {
    const { subject } = one;
    if (one.salt === '' || one.salt.includes('\n')) return [{ code: 'SALT_NOT_USABLE', subject }];
    const before = salted.slice(0, nth).some((other) => other.salt === one.salt);
    return before ? [{ code: 'SALT_TWICE', subject }] : [];
  });
}

function allocationProblems(allocation: Allocation, subject: string): LayerProblem[] {
  const ranges = allocation.flatMap((share) => share.ranges);
  const outside = ({ from, to }: { readonly from: number; readonly to: number }): boolean =>
    !Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > BUCKETS || from >= to;
  if (ranges.some(outside)) return [{ code: 'BUCKETS_OUT_OF_RANGE', subject }];
  const ascending = ranges.toSorted((a, b) => a.from - b.from);
  const overlaps = ascending.some(({ to }, nth) => to > (ascending[nth + 1]?.from ?? BUCKETS));
  return overlaps ? [{ code: 'BUCKETS_OWNED_TWICE', subject }] : [];
}

function forcedProblems({ arms, forced }: ExperimentPlan): LayerProblem[] {
  const known = arms.map(({ ownerId }) => ownerId);
  const named = forced.map(({ armId }) => armId);
  return missing(named, known, 'FORCED_ARM_UNKNOWN');
}

function missing(
  names: readonly string[],
  known: readonly string[],
  code: LayerProblemCode,
): LayerProblem[] {
  return names.filter((name) => !known.includes(name)).map((subject) => ({ code, subject }));
}

function twice(names: readonly string[], code: LayerProblemCode): LayerProblem[] {
  const repeated = names.filter((name, nth) => names.indexOf(name) < nth);
  return [...new Set(repeated)].map((subject) => ({ code, subject }));
}
