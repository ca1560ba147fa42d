import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJournal, type JournalProblem, type JournalRecord } from './read-journal.js';

const KILLS = 8;
const APPENDS_BEFORE_KILL = 400;

/** Writes without end, several appends at a time, and says on stdout which were acknowledged. */
const WRITER = `
  import { Journal } from './journal.js';
  const [folder, mode, round] = process.argv.slice(2);
  const journal = await Journal.open({
    folder, mode, nowMs: Date.now, segmentBytesMax: 65536,
    onWarning: (message) => console.error(message),
  });
  let count = 0;
  const lane = async (name) => {
    for (;;) {
      const id = round + '-' + name + '-' + count++;
      try {
        const { sequence } = await journal.append('decision', id.padEnd(50 + (count * 37) % 2000));
        process.stdout.write('ok ' + sequence + ' ' + id + '\\n');
      } catch (error) {
        process.stdout.write('failed ' + error.code + ' ' + id + '\\n');
        if (error.code === 'JOURNAL_WRITE_FAILED' && count > 200) process.exit(0);
      }
    }
  };
  for (let i = 0; i < 16; i += 1) lane('lane' + i);
`;

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'tollgate-crash-'));
  // The writer runs in a process of its own, on the plain output of the compiler.
  const source = import.meta.dirname;
  await symlink(join(source, '../../../node_modules'), join(work, 'node_modules'));
  for (const name of await readdir(source)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const text = await readFile(join(source, name), 'utf8');
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    await writeFile(join(work, name.replace(/\.ts$/, '.js')), outputText);
  }
  await writeFile(join(work, 'package.json'), '{"type":"module"}');
  await writeFile(join(work, 'writer.js'), WRITER);
});
afterAll(() => rm(work, { recursive: true, force: true }));

interface Acknowledged {
  readonly sequence: number;
  readonly id: string;
}

interface Run {
  readonly acknowledged: Acknowledged[];
  readonly failed: string[];
}

async function runWriter(command: string, args: string[], killAfter: number): Promise<Run> {
  const child = spawn(command, args, { cwd: work, stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const run: Run = { acknowledged: [], failed: [] };
  for await (const line of createInterface({ input: child.stdout })) {
    const [state, first = '', id = ''] = line.split(' ');
    // A line cut by the kill is no acknowledgement that anybody received.
    if (state === 'ok' && id.includes('lane')) {
      run.acknowledged.push({ sequence: Number(first), id });
      if (run.acknowledged.length === killAfter) child.kill('SIGKILL');
    } else if (state === 'failed') run.failed.push(id);
  }
  await exited;
  return run;
}

async function readBack(
  folder: string,
): Promise<{ records: JournalRecord[]; problems: JournalProblem[] }> {
  const records: JournalRecord[] = [];
  const problems: JournalProblem[] = [];
  const options = { onProblem: (problem: JournalProblem) => void problems.push(problem) };
  for await (const record of readJournal(folder, options)) records.push(record);
  return { records, problems };
}

describe.each(['commit', 'write'])('in mode %s', (mode) => {
  test('every acknowledged record survives kill -9 exactly once', async () => {
    const folder = join(work, `kill-${mode}`);
    const acknowledged: Acknowledged[] = [];
    for (let round = 0; round < KILLS; round += 1) {
      const args = ['writer.js', folder, mode, String(round)];
      const run = await runWriter(process.execPath, args, APPENDS_BEFORE_KILL + round);
      // The last line may have been cut by the kill after a complete-looking prefix of the id.
      acknowledged.push(...run.acknowledged.slice(0, -1));
    }
    const { records, problems } = await readBack(folder);
    expect(problems.filter((problem) => problem.kind !== 'torn_tail')).toEqual([]);
    const found = new Map<string, number[]>();
    for (const record of records) {
      const id = record.payload.toString().trimEnd();
      found.set(id, [...(found.get(id) ?? []), record.position.sequence]);
    }
    expect(acknowledged.length).toBeGreaterThan(KILLS * (APPENDS_BEFORE_KILL - 1));
    for (const { id, sequence } of acknowledged) expect(found.get(id)).toEqual([sequence]);
  });
});

test('a write that the disk takes only in part rejects its group and leaves no trace of it', async () => {
  const folder = join(work, 'short-write');
  await mkdir(folder);
  // A limit on the size of a file, in KiB: the write that meets it is cut short, and then fails.
  const limited = 'ulimit -f 24; exec "$@"';
  const args = ['-c', limited, 'limited', process.execPath, 'writer.js', folder, 'write', '0'];
  const run = await runWriter('bash', args, Number.POSITIVE_INFINITY);
  expect(run.failed.length).toBeGreaterThan(0);
  const { records, problems } = await readBack(folder);
  expect(problems).toEqual([]);
  const found = records.map((record) => record.payload.toString().trimEnd());
  for (const { id } of run.acknowledged) expect(found).toContain(id);
  for (const id of run.failed) expect(found).not.toContain(id);
});
