import type { Reason } from '#contracts/decision-reply.js';
import type { ModelManifest, ReasonGroup } from './manifest.js';

export interface AblationPlan {
  readonly groups: readonly ReasonGroup[];
  /** Per group the input positions of its features. */
  readonly positions: readonly Uint16Array[];
  /** Per feature the value of an ordinary honest transaction; NaN when it is mostly missing. */
  readonly baseline: Float32Array;
}

/** A group must move the probability by at least this much to be named as a reason. */
const CONTRIBUTION_MIN = 0.005;
const CONTRIBUTION_DECIMALS = 4;

export function planAblation(manifest: ModelManifest): AblationPlan {
  const positionOf = new Map(manifest.features.map((name, position) => [name, position]));
  return {
    groups: manifest.reasonGroups,
    positions: manifest.reasonGroups.map((group) =>
      // The manifest's schema has checked that every name is a feature.
      Uint16Array.from(group.features, (name) => positionOf.get(name) ?? 0),
    ),
    baseline: Float32Array.from(manifest.baseline, (value) => value ?? Number.NaN),
  };
}

/** Writes the row with one group's features replaced by the baseline. */
export function writeAblatedRow(
  plan: AblationPlan,
  group: number,
  row: Float32Array,
  target: Float32Array,
): void {
  target.set(row);
  for (const position of plan.positions[group] ?? []) {
    target[position] = plan.baseline[position] as number;
  }
}

/**
 * The groups that raised a probability most: how much lower it would be had the group been
 * ordinary.
 *
 * Grouped ablation explains the calibrated probability itself and needs no knowledge of the model.
 * Contributions need not add up to the probability, and two groups that say the same thing hide
 * each other.
 *
 * @param probability  The model's answer for the whole row, [0, 1].
 * @param ablated      Its answers with each group replaced, in the order of the groups.
 * @returns At most `reasonsMax` reasons, the largest contribution first; none that lowered the
 *   probability.
 */
export function topReasons(
  plan: AblationPlan,
  probability: number,
  ablated: Float32Array,
  reasonsMax: number,
): Reason[] {
  const scale = 10 ** CONTRIBUTION_DECIMALS;
  return plan.groups
    .map((group, index) => ({ group, contribution: probability - (ablated[index] ?? Number.NaN) }))
    .filter(({ contribution }) => contribution >= CONTRIBUTION_MIN)
    .sort((a, b) => b.contribution - a.contribution)
    .slice(0, reasonsMax)
    .map(({ group, contribution }) => ({
      code: group.code,
      source: 'model',
      contribution: Math.round(contribution * scale) / scale,
      message: group.message,
      public_message: group.public_message,
    }));
}
