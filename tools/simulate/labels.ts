import type { Payment } from './payment.js';
import { Random } from './random.js';
import { TimeQueue } from '../cli/time-queue.js';

const DAY_MS = 86_400_000;
const NEVER_KNOWN_SHARE = 0.07;
const WARNING_SHARE = 0.5;
const CHARGEBACK_SHARE = 0.75;
const CUSTOMER_REPORT_SHARE = 0.25;
const CHARGEBACK_MEDIAN_DAYS = 32;
const FRIENDLY_MEDIAN_DAYS = 52;
const ABUSE_PROVEN_SHARE = 0.2;
/** How often staff look at an honest payment and clear it: those that look odd more often. */
const CLEARED_SHARE = 0.0004;
const CLEARED_LOOK_ALIKE_SHARE = 0.01;

export interface SimulatedLabel {
  readonly transactionId: string;
  readonly label: 'fraud' | 'legit' | 'abuse';
  readonly source: 'chargeback' | 'early_fraud_warning' | 'manual_review' | 'customer_report';
  /**
   * Visa's dispute condition for fraud in an absent-card (10.4) or present-card (10.3) environment;
   * else empty.
   */
  readonly reasonCode: string;
  /** When it happened, such as the customer calling the bank. */
  readonly occurredMs: number;
  /** When the merchant learned of it; named timeMs for the queue. */
  readonly timeMs: number;
}

/**
 * What becomes known about payments, and when. A fraud can have several labels over time (a
 * warning, then a chargeback), some are never known, and a few honest payments are cleared by
 * staff.
 */
export class LabelDesk {
  private readonly pending = new TimeQueue<SimulatedLabel>();
  private readonly random: Random;

  constructor(seed: number) {
    // Its own stream: whether labels are written must not change the payments.
    this.random = new Random(seed ^ 0x6c61_6265);
  }

  get nextTimeMs(): number {
    return this.pending.nextTimeMs;
  }

  /** Plans the labels of one payment; returns what was planned, earliest first or not. */
  record(payment: Payment, transactionId: string): readonly SimulatedLabel[] {
    const labels = this.labelsOf(payment).map((label) => ({ ...label, transactionId }));
    for (const label of labels) this.pending.push(label);
    return labels;
  }

  /** The labels known by this time, in the order in which they became known. */
  *due(untilMs: number): Generator<SimulatedLabel, void, undefined> {
    while (this.pending.nextTimeMs <= untilMs) {
      const label = this.pending.pop();
      if (label === undefined) return;
      yield label;
    }
  }

  private labelsOf(payment: Payment): readonly Draft[] {
    const { scenario, lookAlike } = payment.truth;
    if (scenario === null) return this.cleared(payment, lookAlike !== null);
    if (this.random.chance(NEVER_KNOWN_SHARE)) return [];
    return scenario === 'friendly_fraud' ? this.disputed(payment) : this.discovered(payment);
  }

  private cleared(payment: Payment, looksOdd: boolean): readonly Draft[] {
    if (!this.random.chance(looksOdd ? CLEARED_LOOK_ALIKE_SHARE : CLEARED_SHARE)) return [];
    const days = this.random.between(0.1, 3);
    return [this.draft(payment, days, { label: 'legit', source: 'manual_review' })];
  }

  private disputed(payment: Payment): readonly Draft[] {
    const days = this.random.lognormal(FRIENDLY_MEDIAN_DAYS, 0.35);
    const chargeback = this.draft(payment, days, { label: 'fraud', source: 'chargeback' });
    if (!this.random.chance(ABUSE_PROVEN_SHARE)) return [chargeback];
    const later = days + this.random.between(15, 45);
    return [chargeback, this.draft(payment, later, { label: 'abuse', source: 'manual_review' })];
  }

  private discovered(payment: Payment): readonly Draft[] {
    const drafts: Draft[] = [];
    if (this.random.chance(WARNING_SHARE)) {
      const days = this.random.between(1, 5);
      drafts.push(this.draft(payment, days, { label: 'fraud', source: 'early_fraud_warning' }));
    }
    if (this.random.chance(CUSTOMER_REPORT_SHARE)) {
      const days = this.random.lognormal(1.5, 0.8);
      drafts.push(this.draft(payment, days, { label: 'fraud', source: 'customer_report' }));
    }
    if (drafts.length === 0 || this.random.chance(CHARGEBACK_SHARE)) {
      const days = this.random.lognormal(CHARGEBACK_MEDIAN_DAYS, 0.45);
      drafts.push(this.draft(payment, days, { label: 'fraud', source: 'chargeback' }));
    }
    return drafts;
  }

  private draft(payment: Payment, delayDays: number, what: Pick<Draft, 'label' | 'source'>): Draft {
    const delayMs = Math.ceil(delayDays * DAY_MS);
    const code = payment.channel === 'ecommerce' ? '10.4' : '10.3';
    return {
      ...what,
      reasonCode: what.source === 'chargeback' ? code : '',
      occurredMs: payment.timeMs + Math.floor(delayMs * 0.8),
      timeMs: payment.timeMs + delayMs,
    };
  }
}

type Draft = Omit<SimulatedLabel, 'transactionId'>;
