import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { rulesProgram } from './rules-program.js';

let folder: string;
let printed: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-rules-tool-'));
  await cp('rules/default', folder, { recursive: true });
  printed = [];
  const note = (line: string) => void printed.push(line);
  vi.spyOn(console, 'log').mockImplementation(note);
  vi.spyOn(console, 'error').mockImplementation(note);
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function run(...args: readonly string[]): Promise<string> {
  await rulesProgram().parseAsync([...args], { from: 'user' });
  return printed.join('\n');
}

async function change(from: string, to: string): Promise<void> {
  const file = join(folder, 'ruleset.yaml');
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replaceAll(from, to));
}

async function explain(body: object, ...args: readonly string[]): Promise<string> {
  const file = join(folder, 'payment.json');
  await writeFile(file, JSON.stringify(body));
  return run('explain', file, '--ruleset', folder, ...args);
}

const payment = {
  transaction_id: 'p-1',
  event_time: '2026-05-05T12:00:00Z',
  amount: { value: 310_000, currency: 'EUR' },
  payment_method: { token: 'blocked-example' },
};

describe('check', () => {
  test('counts what a sound ruleset holds', async () => {
    expect(await run('check', folder)).toMatch(/no problems\n {2}rules {3}48 \(46 active/);
  });

  test('names file, line, column and fix of every problem', async () => {
    await change('card_tx_count_10m >= 6', 'card_tx_cout_10m >= 6');
    await change('device_distinct_cards_1h >= 4', 'device_distinct_cards_1h = 4');
    await expect(run('check', folder)).rejects.toThrow(
      `${folder}/ruleset.yaml:133:11 rule card-testing-burst: unknown feature card_tx_cout_10m; ` +
        'did you mean card_tx_count_10m?\n' +
        `${folder}/ruleset.yaml:153:36 rule card-testing-device: unexpected '='\n` +
        '  compare with == (two equal signs)\n2 problems',
    );
  });

  test('says what is missing where there is no ruleset', async () => {
    const lists = join(folder, 'tables');
    await expect(run('check', lists, '--lists', lists)).rejects.toThrow('has no ruleset.yaml');
    await expect(run('check', join(folder, 'none'))).rejects.toThrow('name a folder');
  });
});

describe('cases', () => {
  test('pass for the default ruleset, which has one for every rule', async () => {
    expect(await run('cases', folder, '--strict')).toContain(
      ' cases passed, 0 rules without a case',
    );
    expect(process.exitCode).toBeUndefined();
  });

  test('that fail are told with their line and difference, and the exit code is 1', async () => {
    await change('when: card_tx_count_1h >= 10', 'when: card_tx_count_1h >= 11');
    const text = await run('cases', folder);
    expect(text).toMatch(/FAIL {2}.*cases\.csv:\d+ {2}the tenth payment in an hour/);
    expect(text).toContain('decision approve, expected challenge');
    expect(process.exitCode).toBe(1);
  });

  test('that are absent are told, and fail only where --strict asks', async () => {
    await change(
      'rules:\n',
      'rules:\n  - { id: new-one, when: amount > 1e9, action: tag, tags: [x] }\n',
    );
    expect(await run('cases', folder)).toContain('no case expects the rule new-one');
    expect(process.exitCode).toBeUndefined();
    await run('cases', folder, '--strict');
    expect(process.exitCode).toBe(1);
  });
});

describe('explain', () => {
  test('says which parts of a rule were true, false or unknown, and for which values', async () => {
    const rules = ['--rule', 'high-amount-unauthenticated', 'blocked-card', 'disposable-email'];
    const text = await explain(payment, '--score', '0.3', ...rules);
    expect(text).toContain('decision    decline');
    expect(text).toContain('HIT      blocked-card  (decline)');
    expect(text).toContain('in_list("blocked_cards", card)  [card is present]');
    expect(text).toContain('true     amount_eur > 2500.0  [amount_eur = 3100]');
    expect(text).toContain('unknown  customer_age_days < 7.0  [customer_age_days is missing]');
    expect(text).toContain('2 hit, 1 unknown, 0 did not hit');
  });

  test('takes features as given and works out what is derived from them', async () => {
    const given = ['--feature', 'card_tx_count_1h=6', '--feature', 'card_tx_count_7d=8'];
    const rules = ['--rule', 'card-burst-after-silence', 'history-unknown'];
    const text = await explain(payment, ...given, ...rules);
    expect(text).toContain('card_tx_count_1h >= 5.0  [card_tx_count_1h = 6]');
    expect(text).toContain('[card_burst_share = 0.75]');
    expect(text).toContain('[card_tx_count_30d = 1]');
    expect(await explain(payment, '--feature', 'card_tx_count_1h=', ...rules)).toContain(
      'HIT      history-unknown',
    );
  });

  test.each([
    [{ ...payment, amount: 3 }, [], 'amount: '],
    [payment, ['--feature', 'card_tx_cout_1h=3'], 'did you mean card_tx_count_1h?'],
    [payment, ['--feature', 'amount=3'], 'amount is no feature'],
    [payment, ['--feature', 'card_tx_count_1h=x'], 'x is not a number'],
    [payment, ['--rule', 'blocked-crad'], 'did you mean blocked-card?'],
  ])('refuses what it cannot use: %j %j', async (body, args, message) => {
    await expect(explain(body, ...args)).rejects.toThrow(message);
  });
});
