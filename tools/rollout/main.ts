import { Command } from 'commander';
import type { PublishedPlan } from '#contracts/control.js';
import { rolloutCommands, type RolloutReport } from '#contracts/rollout.js';
import { readDefinition } from '../cli/read-definition.js';
import { runProgram } from '../cli/run-program.js';
import { ask, show, withService, type ServiceSettings } from '../cli/service-client.js';
import { UserError } from '../cli/user-error.js';
import { planLines, rolloutLines } from './rollout-text.js';

interface StartSettings extends ServiceSettings {
  readonly model?: string;
  readonly ruleset?: string;
  readonly plan?: string;
}

interface CommandSettings extends ServiceSettings {
  readonly reason: string;
}

const program = new Command('npm run rollout --').description(
  'Lets a model, a ruleset or thresholds take over step by step, and shows how far it is.',
);

withService(program.command('start <rollout>'), 'publish')
  .description('begins in shadow, or with the first stage of --plan')
  .option('--model <id/version>', 'the model that is to take over')
  .option('--ruleset <hash>', 'the ruleset that is to take over')
  .option('--plan <file>', 'YAML or JSON: variant, stages, guardrails, unit; see the reference')
  .action(async (rollout: string, settings: StartSettings) => {
    const body = await requestOf(rollout, settings);
    const request = { method: 'POST', path: '/v1/rollouts', body } as const;
    show(await ask<RolloutReport>(request, settings), settings, rolloutLines);
  });

withService(program.command('status [rollout]'))
  .description('where rollouts stand, with the evidence, and which node serves what')
  .action(async (rollout: string | undefined, settings: ServiceSettings) => {
    const plan = await ask<PublishedPlan>({ path: '/v1/traffic-plan' }, settings);
    const all = await ask<{ rollouts: RolloutReport[] }>({ path: '/v1/rollouts' }, settings);
    const rollouts = all.rollouts.filter((one) => (rollout ?? one.rollout_id) === one.rollout_id);
    if (rollout !== undefined && rollouts.length === 0) {
      throw new UserError(`no rollout is called ${rollout}`, 'leave the name out to see all');
    }
    show({ plan, rollouts }, settings, () => [
      ...planLines(plan),
      ...rollouts.flatMap((one) => ['', ...rolloutLines(one)]),
    ]);
  });

for (const command of rolloutCommands) {
  withService(program.command(`${command.replace('_', '-')} <rollout>`), 'publish')
    .requiredOption('--reason <text>', 'why, for the audit')
    .action(async (rollout: string, settings: CommandSettings) => {
      const path = `/v1/rollouts/${encodeURIComponent(rollout)}/commands`;
      const body = { command, reason: settings.reason };
      const report = await ask<RolloutReport>({ method: 'POST', path, body }, settings);
      show(report, settings, rolloutLines);
    });
}

async function requestOf(rollout: string, settings: StartSettings): Promise<object> {
  const { model, ruleset, plan } = settings;
  const planned = plan === undefined ? {} : await readDefinition(plan);
  const named = {
    ...(model === undefined ? {} : { model }),
    ...(ruleset === undefined ? {} : { ruleset }),
  };
  const { variant = {} } = planned as { readonly variant?: object };
  return { ...planned, rollout_id: rollout, variant: { ...variant, ...named } };
}

await runProgram(program);
