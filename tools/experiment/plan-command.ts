import { InvalidArgumentError, type Command } from 'commander';
import { unitsNeeded, type PowerPlan } from '#experimentation/statistics/power.js';
import { percent, whole } from '../cli/format-number.js';
import { wholeNumber } from '../cli/number-option.js';
import { textTable } from '../cli/text-table.js';

const ARMS_MAX = 10;
const DECISIONS_MAX = 10_000;
/** The plan tunes the interval that it plans for; it settles within a few rounds. */
const TUNING_ROUNDS = 30;

export interface PlanSettings {
  readonly rate: number;
  readonly lift: number;
  readonly decisions: number;
  readonly alike: number;
  readonly arms: number;
  readonly alpha: number;
  readonly power: number;
}

export function addPlanCommand(program: Command): void {
  program
    .command('plan')
    .description('how many units find a lift of a rate; asks no service')
    .requiredOption('--rate <share>', 'the rate today, such as 0.92', share)
    .requiredOption('--lift <share>', 'the smallest lift worth having, such as 0.01', share)
    .option('--decisions <n>', 'decisions of a unit in that time', wholeNumber(1, DECISIONS_MAX), 1)
    .option('--alike <share>', 'correlation of the decisions of one unit', share, 0.1)
    .option('--arms <n>', 'arms, the control among them', wholeNumber(2, ARMS_MAX), 2)
    .option('--alpha <share>', 'level of the whole experiment', share, 0.05)
    .option('--power <share>', 'the chance to find that lift', share, 0.8)
    .action((settings: PlanSettings) => {
      process.stdout.write(`${planLines(settings).join('\n')}\n`);
    });
}

export function planLines(settings: PlanSettings): string[] {
  const { rate, lift, power, arms } = settings;
  const { once, anyTime } = plannedUnits(settings);
  const units = (needed: number | null) => (needed === null ? 'no number will do' : whole(needed));
  return [
    `To find a lift of ${percent(lift, 1)} of ${percent(rate, 1)} with a power of ` +
      `${percent(power, 0)}, ${arms} equal arms need together, in units:`,
    ...textTable([
      ['  looked at once, at the end', units(once)],
      ['  looked at whenever you like (planned_units)', units(anyTime)],
    ]),
  ];
}

/** Of all arms together; null where no number of units is enough. */
export function plannedUnits(settings: PlanSettings): {
  readonly once: number | null;
  readonly anyTime: number | null;
} {
  const { rate, lift, decisions, alike, arms, alpha, power } = settings;
  const plan: PowerPlan = {
    variance: (rate * (1 - rate) * (1 + (decisions - 1) * alike)) / decisions,
    treatmentShare: 0.5,
    alpha: alpha / (arms - 1),
    tuningUnits: null,
  };
  const ofAllArms = (units: number | null) =>
    units === null ? null : Math.ceil((units * arms) / 2);
  const once = unitsNeeded(rate * lift, power, plan);
  let anyTime = once;
  for (let round = 0; round < TUNING_ROUNDS && anyTime !== null; round += 1) {
    anyTime = unitsNeeded(rate * lift, power, { ...plan, tuningUnits: anyTime });
  }
  return { once: ofAllArms(once), anyTime: ofAllArms(anyTime) };
}

function share(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('give a number between 0 and 1');
  return value;
}
