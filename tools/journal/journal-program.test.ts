import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Journal } from '#journal/journal.js';
import { journalProgram } from './journal-program.js';
import type { OpenRecompute } from './recompute.js';

let folder: string;
let printed: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-journal-tool-'));
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text).trimEnd());
    return true;
  });
  const journal = await Journal.open({ folder, mode: 'write', nowMs: () => 1_700_000_000_000 });
  await journal.append('decision', '{"id":"d1","rate":1.0}');
  await journal.append('label', '{"id":"l1"}');
  await journal.append('decision', '{"id":"d2"}');
  await journal.close();
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], openRecompute?: OpenRecompute): Promise<number> {
  await journalProgram(openRecompute).parseAsync([...args, '--folder', folder], { from: 'user' });
  return Number(process.exitCode ?? 0);
}

test('print writes each record as a line of JSON and leaves its payload as it stands', async () => {
  await run(['print', '--type', 'decision']);
  expect(printed).toEqual([
    '{"sequence":1,"time":"2023-11-14T22:13:20.000Z","type":"decision","payload":{"id":"d1","rate":1.0}}',
    '{"sequence":3,"time":"2023-11-14T22:13:20.000Z","type":"decision","payload":{"id":"d2"}}',
  ]);
});

test('print begins at a record and stops after as many as asked', async () => {
  await run(['print', '--from', '2', '--limit', '1']);
  expect(printed.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ sequence: 2 }]);
});

test('list names the segments and their size', async () => {
  await run(['list']);
  expect(printed.at(-1)).toMatch(/^1 segments, \d+ bytes$/);
});

test('verify counts the records and is content with a whole journal', async () => {
  expect(await run(['verify'])).toBe(0);
  expect(printed).toEqual([
    '2 decisions, 0 outcomes, 1 labels, 0 shadows, 0 tallies; 44 bytes of payload',
    'every record is whole',
  ]);
});

test('verify notes a torn tail, which loses nothing', async () => {
  const path = join(folder, '000000000000001.journal');
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.from('torn')]));
  expect(await run(['verify'])).toBe(0);
  expect(printed.join('\n')).toContain('note: segment 1');
});

test('verify fails when records are lost', async () => {
  const path = join(folder, '000000000000001.journal');
  const bytes = await readFile(path);
  const again = await Journal.open({ folder, mode: 'write', nowMs: () => 1_700_000_000_000 });
  await again.append('decision', '{"id":"d3"}');
  await again.close();
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await writeFile(path, bytes);
  expect(await run(['verify'])).toBe(1);
  expect(printed.join('\n')).toContain('PROBLEM: segment 1');
});

test('verify --recompute fails and says what differs when a decision comes out otherwise', async () => {
  const result = await run(['verify', '--recompute'], () =>
    Promise.resolve({
      recompute: (record) =>
        Promise.resolve(
          record.position.sequence === 1
            ? { identical: true, differences: [] }
            : { identical: false, differences: ['decision: recorded approve, now decline'] },
        ),
      close: () => Promise.resolve(),
    }),
  );
  expect(result).toBe(1);
  expect(printed).toContain('  decision: recorded approve, now decline');
  expect(printed).toContain('1 of 2 decisions identical (50.00 %)');
});
