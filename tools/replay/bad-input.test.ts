import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { UserError } from '../cli/user-error.js';
import { runReplay } from './replay-command.js';
import type { ReplaySettings } from './replay-options.js';

const example = resolve(import.meta.dirname, '../../examples/handbook');
const header = 'TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD';
const minute = (row: number): string =>
  new Date(Date.UTC(2018, 3, 1) + row * 60_000).toISOString().slice(0, 19);
const rows = Array.from({ length: 3_000 }, (_, row) => `${row},${minute(row)},c${row},t,1.00,0`);
const good = [header, ...rows].join('\n');
const mapping = `
format: tollgate-mapping/1
transaction_id: TRANSACTION_ID
event_time: { column: TX_DATETIME }
amount: { column: TX_AMOUNT, currency: EUR }
`;

let folder: string;
const path = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-bad-input-'));
  const files: Record<string, string | Buffer> = {
    'good.csv': good,
    'torn.csv.gz': gzipSync(good).subarray(0, 9_000),
    'torn.csv.zst': zstdCompressSync(good).subarray(0, 9_000),
    'text.csv.gz': good,
    'text.csv.zst': good,
    'empty.csv': '',
    'unsorted.csv': [header, ...rows.toReversed()].join('\n'),
    'quote.csv': `${good}\n9001,"2018-04-09T00:00:00,c,t,1,0`,
    'column.csv': good.replace('TX_AMOUNT', 'AMOUNT'),
    'amount.csv': `${header}\n0,2018-04-01T00:00:00,c,t,abc,0`,
    'time.csv': `${header}\n0,April,c,t,1.00,0`,
    'torn.jsonl': '{"transaction_id":"a"',
    'key.yaml': mapping.replace('transaction_id:', 'transaktion_id:'),
    'field.yaml': `${mapping}fields: { customer.idd: CUSTOMER_ID }`,
    'broken.yaml': 'amount: [1',
    'labels.csv': 'transaction_id,label,known_at\n1,maybe,2018-04-01T00:00:00Z',
    'labels.jsonl': 'transaction_id,label',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(path(name), content);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

interface Case {
  readonly what: string;
  readonly data?: string;
  readonly mapping?: string;
  readonly labels?: string;
  readonly says: RegExp;
  readonly advises: RegExp;
}

test.each<Case>([
  { what: 'a missing file', data: 'no.csv', says: /does not exist/, advises: /name/ },
  { what: 'a folder', data: '', says: /is a folder/, advises: /name a file/ },
  { what: 'a torn gzip', data: 'torn.csv.gz', says: /ends too early/, advises: /again/ },
  { what: 'a torn zstd', data: 'torn.csv.zst', says: /ends too early/, advises: /again/ },
  { what: 'a text named .gz', data: 'text.csv.gz', says: /not packed/, advises: /name/ },
  { what: 'a text named .zst', data: 'text.csv.zst', says: /not packed/, advises: /name/ },
  { what: 'an empty file', data: 'empty.csv', says: /is empty/, advises: /header/ },
  { what: 'a reversed file', data: 'unsorted.csv', says: /row 62 .*older/, advises: /sort/ },
  { what: 'an open quote', data: 'quote.csv', says: /[Qq]uote/, advises: /mend/i },
  {
    what: 'a missing column',
    data: 'column.csv',
    says: /no column TX_AMOUNT;/,
    advises: /columns/,
  },
  { what: 'no amount', data: 'amount.csv', says: /row 1: amount.value/, advises: /--skip-invalid/ },
  { what: 'no time', data: 'time.csv', says: /TX_DATETIME is no time: "April"/, advises: /mend/ },
  { what: 'torn JSON', data: 'torn.jsonl', mapping: '', says: /no line of JSON/, advises: /mend/ },
  { what: 'a wrong key', mapping: 'key.yaml', says: /"transaktion_id"/, advises: /replay\.md/ },
  { what: 'a wrong field', mapping: 'field.yaml', says: /customer: .*"idd"/, advises: /mapping/ },
  { what: 'broken YAML', mapping: 'broken.yaml', says: /broken\.yaml: .*line/, advises: /format/ },
  { what: 'no mapping', mapping: '', says: /no column event_time/, advises: /--mapping/ },
  { what: 'no such mapping', mapping: 'no.yaml', says: /not exist/, advises: /--mapping/ },
  { what: 'a wrong label', labels: 'labels.csv', says: /label 1: label/, advises: /replay\.md/ },
  { what: 'misnamed labels', labels: 'labels.jsonl', says: /no line of JSON/, advises: /\.csv/ },
])('$what is refused with what to do', async ({ data, labels, says, advises, ...bad }) => {
  const settings: ReplaySettings = {
    data: path(data ?? 'good.csv'),
    ...(labels === undefined ? {} : { labels: path(labels) }),
    ...mappingOf(bad.mapping),
    ruleset: false,
    model: false,
    offline: true,
    signals: [],
    tokenKey: path('token.key'),
    url: '',
    concurrency: 1,
  };
  const error: unknown = await runReplay(settings).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw error;
  expect(error.message).toMatch(says);
  expect(error.advice).toMatch(advises);
});

/** @param name  Empty: none, so that columns must be named like requests. */
function mappingOf(name: string | undefined): Pick<ReplaySettings, 'mapping' | 'example'> {
  if (name === undefined) return { example };
  return name === '' ? {} : { example, mapping: path(name) };
}
