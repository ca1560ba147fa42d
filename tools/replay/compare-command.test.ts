import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { addCompareCommand } from './compare-command.js';

const history = `transaction_id,event_time,amount.value,amount.currency,payment_method.token
a,2026-01-01T00:00:00Z,100,EUR,tok_1
b,2026-01-01T00:00:00Z,100,EUR,tok_1
c,2026-01-01T00:00:01Z,100,EUR,tok_1
`;
const catalogue = `
format: tollgate-features/1
entities:
  card:
    kind: bounded
    key: card
    features:
      card_count_1h: { aggregate: count, window: 1h }
`;

let folder: string;
const path = (name: string): string => join(folder, name);
const printed: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-compare-'));
  await writeFile(path('history.csv'), history);
  await writeFile(path('features.yaml'), catalogue);
  await writeFile(path('expected.csv'), 'id,card_count_1h\na,1\nb,2\nc,3\n');
  await writeFile(path('tied.csv'), 'id,card_count_1h\na,2\nb,1\nc,3\n');
  await writeFile(path('wrong.csv'), 'id,card_count_1h\na,2\nb,1\nc,4\n');
  await writeFile(path('none.csv'), 'id,card_count_1h\n');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  printed.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

test.each([
  { actual: 'expected.csv', ties: false, status: 0, says: 'all rows compared are equal' },
  { actual: 'tied.csv', ties: false, status: 1, says: '2 rows differ' },
  { actual: 'tied.csv', ties: true, status: 0, says: '2 of them share an entity' },
  { actual: 'wrong.csv', ties: true, status: 1, says: '3 rows differ' },
  { actual: 'none.csv', ties: false, status: 1, says: 'nothing was compared' },
])('$actual, ties told: $ties, ends with $status', async ({ actual, ties, status, says }) => {
  const asked = ties ? ['--ties', path('history.csv'), '--catalogue', path('features.yaml')] : [];
  const program = new Command();
  addCompareCommand(program);
  const files = [path('expected.csv'), path(actual)];
  await program.parseAsync(['compare', ...files, ...asked], { from: 'user' });
  expect(printed.join('')).toContain(says);
  expect(process.exitCode).toBe(status);
});
