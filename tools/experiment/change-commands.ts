import { InvalidArgumentError, type Command } from 'commander';
import type { StoredExperiment } from '#contracts/experiment.js';
import { readDefinition } from '../cli/read-definition.js';
import { ask, show, withService, type ServiceSettings } from '../cli/service-client.js';
import { experimentLines } from './list-command.js';

interface ReasonSettings extends ServiceSettings {
  readonly reason: string;
}

interface WeightSettings extends ReasonSettings {
  readonly share?: number;
  readonly arm?: readonly { readonly arm_id: string; readonly weight: number }[];
}

/** Those that change experiments: they need a key with the scope `publish`. */
export function addChangeCommands(program: Command): void {
  withService(program.command('create <file>'), 'publish')
    .description('keeps a definition, YAML or JSON; it runs when it is started')
    .action(async (file: string, settings: ServiceSettings) => {
      await change({ path: '/v1/experiments', body: await readDefinition(file) }, settings);
    });
  for (const [command, description] of [
    ['start', 'lets a draft decide for its share of the layer'],
    ['stop', 'gives its units back to the champion, for good'],
  ] as const) {
    withReason(program.command(`${command} <experiment>`))
      .description(description)
      .action(async (experiment: string, settings: ReasonSettings) => {
        const { reason } = settings;
        await change({ path: pathOf(experiment, command), body: { reason } }, settings);
      });
  }
  withReason(program.command('weights <experiment>'))
    .description('other weights for a running experiment; only the units move that must')
    .option('--share <share>', 'its share of the layer, 0 to 1', shareOf)
    .option('--arm <arm=weight...>', 'the weight of an arm, 0 to 1', addWeight)
    .action(async (experiment: string, settings: WeightSettings) => {
      const { arm: arms = [], reason, share } = settings;
      const body = { arms, reason, ...(share === undefined ? {} : { share }) };
      await change({ path: pathOf(experiment, 'weights'), body }, settings);
    });
}

function withReason(command: Command): Command {
  return withService(command, 'publish').requiredOption('--reason <text>', 'why, for the audit');
}

function pathOf(experiment: string, action: string): string {
  return `/v1/experiments/${encodeURIComponent(experiment)}/${action}`;
}

async function change(
  request: { readonly path: string; readonly body: object },
  settings: ServiceSettings,
): Promise<void> {
  const stored = await ask<StoredExperiment>({ method: 'POST', ...request }, settings);
  show(stored, settings, (one) => experimentLines({ experiments: [one] }));
}

function shareOf(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('A number above 0, at most 1.');
}

function addWeight(text: string, before: NonNullable<WeightSettings['arm']> = []) {
  const [armId = '', weight = '', ...rest] = text.split('=');
  if (armId === '' || rest.length > 0) throw new InvalidArgumentError('Write arm=weight.');
  return [...before, { arm_id: armId, weight: shareOf(weight) }];
}
