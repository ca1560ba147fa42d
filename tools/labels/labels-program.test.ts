import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { csvParts, type CsvPart } from './csv-parts.js';
import { labelsProgram } from './labels-program.js';

async function* given(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function partsOf(lines: readonly string[]): Promise<CsvPart[]> {
  const parts: CsvPart[] = [];
  for await (const part of csvParts(given(lines), 2)) parts.push(part);
  return parts;
}

test('a file is cut into parts that each have the header', async () => {
  expect(await partsOf(['h', '1', '2', '3'])).toEqual([
    { text: 'h\n1\n2\n', linesBefore: 0, lines: 2 },
    { text: 'h\n3\n', linesBefore: 2, lines: 1 },
  ]);
  expect(await partsOf(['h', '1', '2'])).toHaveLength(1);
  expect(await partsOf(['h'])).toEqual([{ text: 'h\n', linesBefore: 0, lines: 0 }]);
});

let folder: string;
let server: Server;
let url: string;
const bodies: string[] = [];
const printed: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-labels-'));
  const problem = { line: 3, column: 'label', reason: 'it is wrong', advice: 'write fraud' };
  server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      const report = { accepted: body.split('\n').length - 3, duplicates: 1, refused: 1 };
      response.end(JSON.stringify({ ...report, problems: [problem], problems_left_out: 0 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => printed.push(String(line)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

test('an import counts all parts, and tells the lines of the file', async () => {
  const file = join(folder, 'labels.csv');
  const lines = Array.from({ length: 6_000 }, (_, nth) => `t-${nth},fraud,chargeback`);
  await writeFile(file, ['transaction_id,label,source', ...lines].join('\n'));
  const args = ['import', file, '--url', url, '--key', 'tg_key'];
  await labelsProgram().parseAsync(args, { from: 'user' });
  expect(printed.join('')).toBe(
    'line 3, label: it is wrong; write fraud\n' +
      'line 5003, label: it is wrong; write fraud\n' +
      '5,998 labels taken, 2 of them known before; 2 lines refused\n',
  );
  expect(bodies.map((body) => body.split('\n')[0])).toEqual(
    Array(2).fill('transaction_id,label,source'),
  );
  expect(process.exitCode).toBe(1);
});

test('without a key it says how to make one', async () => {
  vi.stubEnv('TOLLGATE_API_KEY', '');
  const args = ['import', join(folder, 'labels.csv'), '--url', url];
  const asked = labelsProgram().parseAsync(args, { from: 'user' });
  await expect(asked).rejects.toMatchObject({ advice: expect.stringContaining('npm run keys') });
});
