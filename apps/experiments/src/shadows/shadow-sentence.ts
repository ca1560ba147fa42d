import type { ShadowReport } from '#contracts/shadow-report.js';
import { aboutShareKnown } from '../analysis/caveats.js';

type Findings = Omit<ShadowReport, 'sentence' | 'caveats'>;

/** Above this share, what the shadow would do is not what it did here. */
const FAILED_SHARE_MAX = 0.01;
const FRAUDS_MIN = 30;

/** The report in a sentence: how alike, who would change, which ranks better, what it is worth. */
export function shadowSentence(report: Findings): string {
  const { shadow_id: id, agreement, swap_set: swap, transactions } = report;
  const alike =
    `${id} decides ${percent(agreement.share)} of ${transactions.sampled} transactions alike; ` +
    `it would decline ${swap.newly_declined.transactions} more and ` +
    `let ${swap.no_longer_declined.transactions} declined ones go on`;
  return `${[alike, rankingText(report), worthText(report)].join('; ')}.`;
}

/** What to know before acting on the report, as sentences. */
export function shadowCaveats(report: Findings): string[] {
  const { transactions, swap_set: swap, ranking } = report;
  const caveats: string[] = [];
  if (transactions.sampled < transactions.judged) {
    caveats.push(
      `An even sample of ${transactions.sampled} of ${transactions.judged} transactions, ` +
        'the same one each time.',
    );
  }
  const failed = Object.values(transactions.failed).reduce((sum, count) => sum + count, 0);
  if (failed > FAILED_SHARE_MAX * transactions.sampled) {
    caveats.push(`${failed} transactions have no score of the shadow: see transactions.failed.`);
  }
  if (ranking !== null && ranking.frauds < FRAUDS_MIN) {
    caveats.push(`Only ${ranking.frauds} frauds are known: the ranking says little.`);
  }
  const unknown = swap.no_longer_declined.unlabelled.transactions;
  if (unknown > 0) {
    caveats.push(
      `Of ${unknown} that the shadow would no longer decline nobody knows what they were: ` +
        'exploration tells.',
    );
  }
  caveats.push(
    'The ranking leaves out most of what the champion blocked, which it knew best: it flatters the shadow.',
  );
  return [...caveats, ...aboutShareKnown(report.labels_share_known)];
}

function rankingText({ ranking }: Findings): string {
  if (ranking === null) return 'no fraud is known to rank by';
  const { difference, low, high } = ranking;
  const range = `${signed(difference, 3)} average precision, ${signed(low, 3)} to ${signed(high, 3)}`;
  if (low > 0) return `it ranks better (${range})`;
  return high < 0 ? `it ranks worse (${range})` : `neither ranks better (${range})`;
}

function worthText({ net_value: worth, currency }: Findings): string {
  if (worth === null) return `nothing is known of its worth in ${currency}`;
  const { difference_minor: difference, low, high } = worth;
  return (
    `it is worth ${signed(difference, 2)} a transaction ` +
    `(${signed(low, 2)} to ${signed(high, 2)}, minor units of ${currency})`
  );
}

function signed(value: number, digits: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
