import type { PublishedPlan } from '#contracts/control.js';
import type { RolloutReport } from '#contracts/rollout.js';
import { percent } from '../cli/format-number.js';

/** A rollout for a terminal: where it stands, what it changes, and what happened, with figures. */
export function rolloutLines(rollout: RolloutReport): string[] {
  return [
    `${rollout.rollout_id}: ${statusText(rollout)}`,
    `  changes ${changeText(rollout.variant)}`,
    `  stages  ${rollout.stages.map(({ share }) => shareText(share)).join(' > ')}`,
    `  now     ${rollout.sentence}`,
    ...rollout.events.flatMap(eventLines),
  ];
}

/** Which version of the plan decides, and on which nodes. */
export function planLines({ version, reason, nodes, ...plan }: PublishedPlan): string[] {
  if (version === null) return ['nothing was published: every node decides by its own folders'];
  const everywhere = plan.is_live_everywhere ? 'live on every node' : 'NOT live on every node';
  return [
    `traffic plan ${version}, ${everywhere}: ${reason ?? ''}`,
    ...nodes
      .filter((node) => node.is_live)
      .map(
        (node) =>
          `  ${node.node_id} serves ${node.version ?? 'its own folders'}` +
          (node.refusal === null ? '' : `; refused the newest: ${node.refusal}`),
      ),
  ];
}

function statusText({ status, share }: RolloutReport): string {
  const words = status.replaceAll('_', ' ');
  return share === null ? words : `${words} at ${shareText(share)}`;
}

function shareText(share: number): string {
  return share === 0 ? 'shadow' : percent(share, 0);
}

function changeText({ model, ruleset, thresholds }: RolloutReport['variant']): string {
  return [
    ...(model === null ? [] : [`the model to ${model}`]),
    ...(ruleset === null ? [] : [`the ruleset to ${ruleset.slice(0, 12)}`]),
    ...(thresholds === null ? [] : [`the thresholds to ${JSON.stringify(thresholds)}`]),
  ].join(', ');
}

interface Evidence {
  readonly findings?: readonly { readonly status: string; readonly sentence: string }[];
  readonly measurement?: {
    readonly candidate: { readonly decisions: number };
    readonly baseline: { readonly decisions: number };
  } | null;
}

function eventLines({ happened_at: at, sentence, evidence }: RolloutReport['events'][number]) {
  const { findings = [], measurement = null } = (evidence ?? {}) as Evidence;
  return [
    `  ${at.slice(0, 19).replace('T', ' ')}  ${sentence}`,
    ...(measurement === null
      ? []
      : [
          `      measured on ${measurement.candidate.decisions} decisions of the candidate and ` +
            `${measurement.baseline.decisions} of the baseline`,
        ]),
    ...findings.map((finding) => `      ${finding.sentence}`),
  ];
}
