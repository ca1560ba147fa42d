import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecisionRequest } from '#contracts/decision-request.js';
import { LabelDesk } from './labels.js';
import { scenarios, type Payment } from './payment.js';
import { PAYMENT_COLUMNS, paymentCsv } from './payment-csv.js';
import { paymentJson } from './payment-json.js';
import { simulatePayments } from './simulate-payments.js';

const DAY_MS = 86_400_000;
const startMs = Date.parse('2026-01-01T00:00:00Z');
const small = { seed: 1, startMs, days: 3, customers: 300, merchants: 60 };

describe('any simulation', () => {
  const anyOptions = fc.record({
    seed: fc.nat(0xffff_ffff),
    startMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    days: fc.integer({ min: 1, max: 3 }),
    customers: fc.integer({ min: 150, max: 500 }),
    merchants: fc.integer({ min: 50, max: 200 }),
  });

  test('gives the same bytes for the same seed', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        expect(lines(options)).toEqual(lines(options));
      }),
      { numRuns: 5 },
    );
  });

  test('is in time order and within its span', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        let lastMs = options.startMs;
        for (const { timeMs } of simulatePayments(options)) {
          expect(timeMs).toBeGreaterThanOrEqual(lastMs);
          lastMs = timeMs;
        }
        expect(lastMs).toBeLessThan(options.startMs + options.days * DAY_MS);
      }),
      { numRuns: 10 },
    );
  });

  test('makes bodies that the decision API takes, none with what looks like a card number', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        for (const line of lines(options)) {
          expect(DecisionRequest.safeParse(JSON.parse(line)).error).toBeUndefined();
          expect(cardNumberLike(line)).toBe(false);
        }
      }),
      { numRuns: 5 },
    );
  });

  test('makes as many CSV fields as there are columns', () => {
    const columns = PAYMENT_COLUMNS.split(',').length;
    for (const payment of simulatePayments(small)) {
      expect(paymentCsv(payment, 'x').split(',').length).toBe(columns);
    }
  });
});

test('another seed gives another world', () => {
  expect(lines(small)[0]).not.toBe(lines({ ...small, seed: 2 })[0]);
});

describe('a month of a small town', () => {
  const payments = [...simulatePayments({ ...small, days: 30, customers: 2_500, merchants: 300 })];

  test('has between 0.3 and 1 % fraud, of every scenario', () => {
    const frauds = payments.filter(({ truth }) => truth.scenario !== null);
    expect(frauds.length / payments.length).toBeGreaterThan(0.003);
    expect(frauds.length / payments.length).toBeLessThan(0.01);
    expect(new Set(frauds.map(({ truth }) => truth.scenario))).toEqual(new Set(scenarios));
  });

  test('has every honest look-alike', () => {
    const seen = new Set(payments.map(({ truth }) => truth.lookAlike));
    for (const lookAlike of ['travel', 'flash_sale', 'new_device', 'gift', 'wrong_code'] as const) {
      expect(seen).toContain(lookAlike);
    }
  });

  test('tests cards in bursts: many cards, few devices, small amounts', () => {
    for (const burst of campaignsOf(payments, 'card_testing').filter((one) => one.length >= 25)) {
      expect(new Set(burst.map(({ device }) => device?.id)).size).toBeLessThanOrEqual(3);
      expect(new Set(burst.map(({ card }) => card.token)).size).toBeGreaterThan(burst.length / 2);
      expect(new Set(burst.map(({ merchant }) => merchant.id)).size).toBeLessThanOrEqual(2);
    }
  });

  test('takes accounts over from devices that the account never used', () => {
    const devices = new Map<string, Set<string>>();
    for (const { account, device, truth } of payments) {
      if (account === null || device === null || truth.scenario !== null) continue;
      devices.set(account.id, (devices.get(account.id) ?? new Set()).add(device.id));
    }
    for (const { account, device } of campaignsOf(payments, 'account_takeover').flat()) {
      expect(devices.get(account?.id ?? '')?.has(device?.id ?? '') ?? false).toBe(false);
    }
  });

  test('uses only copies of cards that were at the compromised terminal before', () => {
    const honest = payments.filter(({ truth }) => truth.scenario === null);
    for (const uses of campaignsOf(payments, 'compromised_terminal')) {
      const first = uses[0];
      expect(
        honest.some(
          ({ card, timeMs, channel }) =>
            channel === 'card_present' && card.token === first?.card.token && timeMs < first.timeMs,
        ),
      ).toBe(true);
    }
  });

  test('learns of fraud after it happened, of friendly fraud weeks after, of some never', () => {
    const desk = new LabelDesk(1);
    let unknown = 0;
    let friendly = 0;
    payments.forEach((payment, index) => {
      const labels = desk.record(payment, String(index));
      if (payment.truth.scenario !== null && labels.length === 0) unknown += 1;
      for (const { timeMs, occurredMs } of labels) {
        expect(occurredMs).toBeGreaterThanOrEqual(payment.timeMs);
        expect(timeMs).toBeGreaterThanOrEqual(occurredMs);
        if (payment.truth.scenario !== 'friendly_fraud') continue;
        friendly += 1;
        expect(timeMs - payment.timeMs).toBeGreaterThan(10 * DAY_MS);
      }
    });
    expect(unknown).toBeGreaterThan(0);
    expect(friendly).toBeGreaterThan(0);
    const times = [...desk.due(Number.MAX_SAFE_INTEGER)].map(({ timeMs }) => timeMs);
    expect(times).toEqual([...times].toSorted((a, b) => a - b));
  });

  test('sleeps at night: noon is busier than four in the morning', () => {
    const at = (hour: number) =>
      payments.filter(({ timeMs }) => new Date(timeMs).getUTCHours() === hour).length;
    expect(at(12)).toBeGreaterThan(2 * at(3));
  });
});

function lines(options: Parameters<typeof simulatePayments>[0]): readonly string[] {
  let row = 0;
  return [...simulatePayments(options)].map((payment) => {
    row += 1;
    return paymentJson(payment, `s1t${String(row).padStart(9, '0')}`);
  });
}

function campaignsOf(payments: readonly Payment[], scenario: string): readonly Payment[][] {
  const groups = Map.groupBy(
    payments.filter(({ truth }) => truth.scenario === scenario),
    ({ truth }) => truth.campaign,
  );
  return [...groups.values()];
}

/**
 * A run of 13-19 digits, with or without single spaces or dashes between them, that passes the Luhn
 * check.
 */
function cardNumberLike(text: string): boolean {
  return [...text.matchAll(/\d(?:[ -]?\d){12,}/g)].some(([run]) => {
    const digits = run.replace(/\D/g, '');
    for (let start = 0; start + 13 <= digits.length; start += 1) {
      for (let length = 13; length <= 19 && start + length <= digits.length; length += 1) {
        if (passesLuhn(digits.slice(start, start + length))) return true;
      }
    }
    return false;
  });
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  digits
    .split('')
    .toReversed()
    .forEach((digit, index) => {
      const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1);
      sum += doubled > 9 ? doubled - 9 : doubled;
    });
  return sum % 10 === 0;
}
