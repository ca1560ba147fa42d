import type { Command } from 'commander';
import { decisions } from '#contracts/decision-reply.js';
import type { ShadowReport } from '#contracts/shadow-report.js';
import { percent, whole } from '../cli/format-number.js';
import { textTable } from '../cli/text-table.js';
import { pValue } from './metric-text.js';
import { ask, show, withService, type ServiceSettings } from '../cli/service-client.js';
import { timeParameters, withTimes, type TimeSettings } from './time-options.js';

const DAYS = 7;

interface Settings extends ServiceSettings, TimeSettings {
  readonly currency: string;
}

export function addShadowCommand(program: Command): void {
  withTimes(withService(program.command('shadow <id>')), DAYS, Date.now())
    .description('a shadow against what decided, on the same transactions')
    .option('--currency <code>', 'of amounts and net value', 'EUR')
    .action(async (id: string, settings: Settings) => {
      const parameters = timeParameters(settings);
      parameters.set('currency', settings.currency);
      const path = `/v1/shadows/${encodeURIComponent(id)}/report?${parameters.toString()}`;
      show(await ask<ShadowReport>({ path }, settings), settings, shadowLines);
    });
}

export function shadowLines(report: ShadowReport): string[] {
  return [
    report.sentence,
    '',
    ...matrixTable(report),
    '',
    ...swapTable(report),
    '',
    ...scoreTable(report),
    '',
    rightLine(report),
    ...report.caveats.map((caveat) => `- ${caveat}`),
  ];
}

function matrixTable({ agreement: { matrix } }: ShadowReport): string[] {
  return textTable([
    ['champion \\ shadow', ...decisions],
    ...decisions.map((champion) => [
      champion,
      ...decisions.map((challenger) => whole(matrix[champion][challenger])),
    ]),
  ]);
}

function swapTable({ swap_set: swap, currency }: ShadowReport): string[] {
  const row = (name: string, side: ShadowReport['swap_set']['newly_declined']) => [
    name,
    whole(side.transactions),
    whole(side.amount_minor),
    whole(side.fraud.transactions),
    whole(side.legit.transactions),
    whole(side.unlabelled.transactions),
  ];
  return textTable([
    ['swap set', 'payments', `${currency} minor`, 'fraud', 'honest', 'unknown'],
    row('declined by the shadow only', swap.newly_declined),
    row('declined by the champion only', swap.no_longer_declined),
  ]);
}

function scoreTable(report: ShadowReport): string[] {
  const { ranking, calibration, latency, net_value: worth, score_drift: drift } = report;
  const rows = [['', 'champion', 'shadow', 'difference']];
  if (ranking !== null) {
    const { champion_average_precision: one, challenger_average_precision: other } = ranking;
    const range = `${ranking.low.toFixed(4)} to ${ranking.high.toFixed(4)}`;
    rows.push(['average precision', one.toFixed(4), other.toFixed(4), range]);
  }
  if (calibration !== null) {
    const { champion, challenger } = calibration;
    const errors = [champion, challenger].map((one) => one.expected_calibration_error.toFixed(4));
    rows.push(['calibration error', ...errors, '']);
    rows.push(['Brier score', champion.brier.toFixed(4), challenger.brier.toFixed(4), '']);
  }
  if (worth !== null) {
    const values = [worth.champion_minor, worth.challenger_minor].map((value) => value.toFixed(2));
    const range = `${worth.low.toFixed(2)} to ${worth.high.toFixed(2)}`;
    rows.push([`net value, ${report.currency} minor a payment`, ...values, range]);
  }
  for (const part of ['model_ms', 'rules_ms'] as const) {
    const both = [latency.champion[part], latency.challenger[part]];
    const values = both.map(({ p50, p99 }) => `${p50.toFixed(2)} / ${p99.toFixed(2)}`);
    rows.push([`${part}, p50 / p99`, ...values, '']);
  }
  if (drift !== null) {
    const { population_stability_index: index, largest_distance: distance } = drift;
    const shift = `index ${index.toFixed(3)}, distance ${distance.toFixed(3)}`;
    rows.push(['scores have moved', '', '', shift]);
  }
  return textTable(rows);
}

function rightLine({ right_at_decline: right, transactions }: ShadowReport): string {
  const known = percent(transactions.with_known_truth / transactions.sampled, 1);
  return (
    `Where one alone was right at the line of decline: champion ${whole(right.champion_only)}, ` +
    `shadow ${whole(right.challenger_only)} (McNemar mid-p ${pValue(right.mcnemar_mid_p)}; ` +
    `truth known of ${known}).`
  );
}
