import { decisions, type Decision } from '#contracts/decision-reply.js';
import { currencyDecimals } from '#features/money.js';
import { percent, whole } from '../cli/format-number.js';
import type { Scorecard } from './scorecard.js';

const RULES_SHOWN_MAX = 20;
const CURRENCIES_SHOWN_MAX = 5;
const WIDTH = 14;

export interface RunFacts {
  readonly seconds: number;
  /** Of an earlier run that this one went on from. */
  readonly paymentsBefore: number;
}

/** What a replay says at its end, for a terminal. */
export function formatReport(scorecard: Scorecard, run: RunFacts): string {
  const { payments, unlabelled, degraded } = scorecard;
  const done = payments - run.paymentsBefore;
  const speed = `${whole(done)} in ${run.seconds.toFixed(1)} s: ${whole(done / run.seconds)}/s`;
  const lines = [`${whole(payments)} transactions, ${speed}`];
  if (degraded > 0) lines.push(`${whole(degraded)} decisions were degraded`);
  if (unlabelled > 0) lines.push(`${whole(unlabelled)} have no label and are left out below`);
  const judged = decisions.some((decision) => sum(scorecard, decision) > 0);
  if (judged) lines.push('', ...confusion(scorecard), '', ...quality(scorecard));
  if (judged && scorecard.byRule.size > 0) lines.push('', ...ruleTable(scorecard));
  return `${lines.join('\n')}\n`;
}

function confusion({ byDecision }: Scorecard): readonly string[] {
  return [
    row('decision', ['fraud', 'honest']),
    ...decisions.map((decision) =>
      row(decision, [whole(byDecision[decision].fraud), whole(byDecision[decision].honest)]),
    ),
  ];
}

function quality(scorecard: Scorecard): readonly string[] {
  const all: readonly Decision[] = ['challenge', 'review', 'decline'];
  const line = (name: string, which: readonly Decision[]): string => {
    const { precision, recall, falsePositiveRate } = scorecard.stopped(which);
    return row(name, [percent(precision), percent(recall), percent(falsePositiveRate, 3)]);
  };
  const ranking = scorecard.ranking();
  return [
    row('', ['precision', 'recall', 'honest hit']),
    line('not approved', all),
    line('declined', ['decline']),
    ...valueLines(scorecard),
    ...(ranking === null
      ? []
      : [
          `average precision ${ranking.averagePrecision.toFixed(4)}, ` +
            `recall at 0.1 % false positives ${ranking.recallAtLowFpr.toFixed(4)}`,
        ]),
  ];
}

function valueLines({ value }: Scorecard): readonly string[] {
  const largest = [...value].toSorted(([, a], [, b]) => b.total - a.total);
  return largest.slice(0, CURRENCIES_SHOWN_MAX).map(([currency, { total, caught }]) => {
    const units = 10 ** currencyDecimals(currency);
    const amounts = `${whole(caught / units)} of ${whole(total / units)} ${currency}`;
    return `value caught: ${amounts} (${percent(caught / total)})`;
  });
}

function ruleTable({ byRule }: Scorecard): readonly string[] {
  const busiest = [...byRule].toSorted(([, a], [, b]) => b.fraud + b.honest - a.fraud - a.honest);
  return [
    row('rule', ['fraud', 'honest', 'precision'], 40),
    ...busiest
      .slice(0, RULES_SHOWN_MAX)
      .map(([rule, { fraud, honest }]) =>
        row(rule, [whole(fraud), whole(honest), percent(fraud / (fraud + honest))], 40),
      ),
  ];
}

function row(name: string, cells: readonly string[], width = WIDTH): string {
  return name.padEnd(width) + cells.map((cell) => cell.padStart(WIDTH)).join('');
}

function sum({ byDecision }: Scorecard, decision: Decision): number {
  return byDecision[decision].fraud + byDecision[decision].honest;
}
