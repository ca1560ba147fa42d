import type { Command } from 'commander';
import type { ExplorationEstimate } from '#contracts/exploration-estimate.js';
import { percent, whole } from '../cli/format-number.js';
import { textTable } from '../cli/text-table.js';
import { ask, show, withService, type ServiceSettings } from '../cli/service-client.js';
import { timeParameters, withTimes, type TimeSettings } from './time-options.js';

const DAYS = 90;

interface Settings extends ServiceSettings, TimeSettings {
  readonly rule?: string;
  readonly currency: string;
}

export function addExplorationCommand(program: Command): void {
  withTimes(withService(program.command('exploration')), DAYS, Date.now())
    .description('what blocked payments would have been, from those that were let through')
    .option('--rule <id>', 'only what this rule declined')
    .option('--currency <code>', 'only payments in it', 'EUR')
    .action(async (settings: Settings) => {
      const parameters = timeParameters(settings);
      parameters.set('currency', settings.currency);
      if (settings.rule !== undefined) parameters.set('rule', settings.rule);
      const path = `/v1/exploration/estimate?${parameters.toString()}`;
      show(await ask<ExplorationEstimate>({ path }, settings), settings, explorationLines);
    });
}

type Estimate = NonNullable<ExplorationEstimate['estimate']>['fraud_minor'];

export function explorationLines(found: ExplorationEstimate): string[] {
  const { estimate, blocked, currency } = found;
  const counts = textTable([
    ['declined, could have been let through', whole(blocked.payments)],
    ['  their value', money(blocked.amount_minor, currency)],
    ['  let through', whole(found.explored)],
    ['declined, out of reach', whole(found.out_of_reach)],
  ]);
  if (estimate === null) return [found.sentence, '', ...counts];
  const share = (name: string, { estimate: value, low, high }: Estimate) => [
    name,
    percent(value),
    `${percent(low)} to ${percent(high)}`,
  ];
  const value = (name: string, of: Estimate) => [
    name,
    money(of.estimate, currency),
    `${money(of.low, currency)} to ${money(of.high, currency)}`,
  ];
  const estimates = textTable([
    ['', 'estimate', `${percent(1 - estimate.alpha, 0)} interval`],
    share('fraud rate (Hajek)', estimate.fraud_rate.hajek),
    share('fraud rate (Horvitz-Thompson)', estimate.fraud_rate.horvitz_thompson),
    share('fraud, of the value (Hajek)', estimate.fraud_value_share),
    value('fraud held off (Horvitz-Thompson)', estimate.fraud_minor),
    value('honest value turned away (Horvitz-Thompson)', estimate.honest_minor),
  ]);
  const caveats = found.caveats.map((caveat) => `- ${caveat}`);
  return [found.sentence, '', ...counts, '', ...estimates, '', ...caveats];
}

/** Minor units, as every amount of Tollgate is. */
function money(minor: number, currency: string): string {
  return `${whole(minor)} ${currency} minor`;
}
