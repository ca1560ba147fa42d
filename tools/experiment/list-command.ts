import type { Command } from 'commander';
import type { StoredExperiment } from '#contracts/experiment.js';
import { textTable } from '../cli/text-table.js';
import { minute } from './metric-text.js';
import { ask, show, withService, type ServiceSettings } from '../cli/service-client.js';

interface Experiments {
  readonly experiments: readonly StoredExperiment[];
}

export function addListCommand(program: Command): void {
  withService(program.command('list'))
    .description('the experiments there are')
    .action(async (settings: ServiceSettings) => {
      show(
        await ask<Experiments>({ path: '/v1/experiments' }, settings),
        settings,
        experimentLines,
      );
    });
}

export function experimentLines({ experiments }: Experiments): string[] {
  if (experiments.length === 0) return ['There are no experiments yet.'];
  const rows = experiments.map(({ definition, state, started_at: startedAt }) => [
    definition.experiment_id,
    state,
    startedAt === null ? '-' : minute(startedAt),
    definition.layer,
    definition.primary_metric,
    definition.arms.map(({ arm_id: armId, weight }) => `${armId} ${weight}`).join(', '),
    definition.name,
  ]);
  return textTable([
    ['experiment', 'state', 'started', 'layer', 'primary', 'arms', 'name'],
    ...rows,
  ]);
}
