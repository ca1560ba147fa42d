import { accountTakeover } from './campaigns/account-takeover.js';
import type { Campaign } from './campaigns/campaign.js';
import { cardTesting } from './campaigns/card-testing.js';
import { placeSkimmer, useCopies, type Skimmer } from './campaigns/compromised-terminal.js';
import { stolenCard } from './campaigns/stolen-card.js';
import { scenarios, type Payment, type Scenario } from './payment.js';
import { TimeQueue } from '../cli/time-queue.js';
import type { World } from './world.js';

/** The share of all payments that each kind of fraud makes up: 0.6 % together. */
export const FRAUD_SHARES: Readonly<Record<Scenario, number>> = {
  card_testing: 0.0018,
  stolen_card: 0.0013,
  account_takeover: 0.001,
  compromised_terminal: 0.001,
  friendly_fraud: 0.0009,
};

const CAMPAIGN_SIZES: Readonly<Record<Scenario, readonly [number, number]>> = {
  card_testing: [25, 140],
  stolen_card: [2, 10],
  account_takeover: [1, 4],
  compromised_terminal: [10, 80],
  friendly_fraud: [1, 1],
};
const USES_PER_COPIED_CARD = 2.5;
const TESTED_CARDS_MAX = 1_000;
const TESTED_VICTIM_CHANCE = 0.4;

/**
 * Starts the fraud. Each scenario earns credit with every honest payment and starts its next
 * campaign when the credit pays for it: the share of fraud follows the volume, whatever the size of
 * the simulation, and campaigns come at irregular times because their sizes differ.
 */
export class FraudDesk {
  readonly upcoming = new TimeQueue<Payment>();
  private readonly accounts: readonly Account[];
  private readonly skimmers = new Map<string, Skimmer>();
  private readonly testedCustomers: number[] = [];
  private campaigns = 0;

  constructor(private readonly world: World) {
    this.accounts = scenarios.map((scenario) => {
      const price = this.drawSize(scenario);
      // The first campaign starts early, so that short simulations have every kind too.
      return { scenario, price, credit: price * world.random.between(0.5, 1) };
    });
  }

  /**
   * Sees an honest payment go by; returns it, or the same payment as one that its maker will
   * dispute.
   */
  observe(payment: Payment): Payment {
    if (payment.channel === 'card_present') this.copyCard(payment);
    let seen = payment;
    for (const account of this.accounts) {
      account.credit += FRAUD_SHARES[account.scenario];
      if (account.credit < account.price) continue;
      const started = this.start(account.scenario, seen, account.price);
      if (started === null) continue;
      seen = started;
      account.credit -= account.price;
      account.price = this.drawSize(account.scenario);
    }
    return seen;
  }

  /**
   * Takes away the skimmers that were found by this time. Call it now and then, with ascending
   * times.
   */
  advance(timeMs: number): void {
    for (const [key, skimmer] of this.skimmers) {
      if (skimmer.endsMs <= timeMs) this.collect(key, skimmer, timeMs);
    }
  }

  /**
   * Null when this payment is no occasion for the scenario: the campaign waits for the next one.
   */
  private start(scenario: Scenario, payment: Payment, size: number): Payment | null {
    const campaign: Campaign = {
      world: this.world,
      startMs: payment.timeMs,
      size,
      number: this.campaigns + 1,
    };
    switch (scenario) {
      case 'card_testing': {
        const plan = cardTesting(campaign);
        this.plan(plan.payments);
        this.testedCustomers.push(...plan.goodCustomers);
        this.testedCustomers.splice(0, this.testedCustomers.length - TESTED_CARDS_MAX);
        break;
      }
      case 'stolen_card':
        this.plan(stolenCard(campaign, this.victim(payment.timeMs)));
        break;
      case 'account_takeover':
        this.plan(accountTakeover(campaign, this.world.anyCustomer(payment.timeMs)));
        break;
      case 'compromised_terminal':
        if (payment.channel !== 'card_present' || this.skimmers.has(terminalKey(payment))) {
          return null;
        }
        this.skimmers.set(terminalKey(payment), this.skimmer(payment, size));
        break;
      case 'friendly_fraud':
        if (!isDisputable(this.world, payment)) return null;
        this.campaigns += 1;
        return { ...payment, truth: { scenario, lookAlike: null, campaign: this.campaigns } };
    }
    this.campaigns += 1;
    return payment;
  }

  private plan(payments: readonly Payment[]): void {
    for (const payment of payments) this.upcoming.push(payment);
  }

  private victim(timeMs: number): number {
    const { random } = this.world;
    if (this.testedCustomers.length > 0 && random.chance(TESTED_VICTIM_CHANCE)) {
      return random.pick(this.testedCustomers);
    }
    return this.world.anyCustomer(timeMs);
  }

  private skimmer(payment: Payment, size: number): Skimmer {
    const cardsMax = Math.max(1, Math.round(size / USES_PER_COPIED_CARD));
    return placeSkimmer(this.world, payment, { cardsMax, size, campaign: this.campaigns + 1 });
  }

  private copyCard(payment: Payment): void {
    if (this.skimmers.size === 0) return;
    const key = terminalKey(payment);
    const skimmer = this.skimmers.get(key);
    if (skimmer === undefined) return;
    skimmer.cards.push(payment.card);
    if (skimmer.cards.length >= skimmer.cardsMax) this.collect(key, skimmer, payment.timeMs);
  }

  /** Takes a skimmer off its terminal; what it did not earn is left to the next one. */
  private collect(key: string, skimmer: Skimmer, timeMs: number): void {
    this.skimmers.delete(key);
    const uses = useCopies(this.world, skimmer, timeMs);
    this.plan(uses);
    const account = this.accounts.find((one) => one.scenario === 'compromised_terminal');
    if (account !== undefined) account.credit += skimmer.size - uses.length;
  }

  private drawSize(scenario: Scenario): number {
    const [low, high] = CAMPAIGN_SIZES[scenario];
    return this.world.random.integer(low, high);
  }
}

interface Account {
  readonly scenario: Scenario;
  /** The size of the next campaign, in payments. */
  price: number;
  credit: number;
}

function terminalKey(payment: Payment): string {
  return `${payment.merchant.id}/${payment.terminal}`;
}

/**
 * Disputed later by the one who bought: online, honest-looking, and mostly by those who make a
 * habit of it.
 */
function isDisputable(world: World, payment: Payment): boolean {
  if (payment.channel !== 'ecommerce' || payment.account === null) return false;
  if (payment.truth.scenario !== null) return false;
  const customer = Number.parseInt(payment.account.id.slice('cus_'.length), 36);
  return world.customers.abusesDisputes(customer) || world.random.chance(0.004);
}
