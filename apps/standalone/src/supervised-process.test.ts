import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SupervisedProcess, type ProcessOptions } from './supervised-process.js';

let folder: string;
let lines: string[];
let processes: SupervisedProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-supervised-'));
  lines = [];
  processes = [];
});

afterEach(async () => {
  for (const one of processes) await one.stop();
  rmSync(folder, { recursive: true });
});

const pidFile = (): string => join(folder, 'pid');

/** A process that runs the script, and is ready once it has written its process id. */
function supervise(script: string, changes: Partial<ProcessOptions> = {}): SupervisedProcess {
  const supervised = new SupervisedProcess({
    name: 'example',
    command: process.execPath,
    args: ['-e', script],
    environment: { PID_FILE: pidFile() },
    isReady: async () => existsSync(pidFile()),
    givesWay: false,
    readyMsMax: 10_000,
    stopMsMax: 10_000,
    tell: (line) => lines.push(line),
    ...changes,
  });
  processes.push(supervised);
  return supervised;
}

const writePid = `require('fs').writeFileSync(process.env.PID_FILE, String(process.pid));`;
const stayAlive = `setInterval(() => {}, 1000);`;

test('a process that is killed is started again', async () => {
  const supervised = supervise(writePid + stayAlive);
  expect(await supervised.start()).toEqual({ ok: true });
  const firstPid = Number(readFileSync(pidFile(), 'utf8'));

  rmSync(pidFile());
  process.kill(firstPid, 'SIGKILL');

  await vi.waitFor(() => expect(lines).toHaveLength(2), 10_000);
  expect(Number(readFileSync(pidFile(), 'utf8'))).not.toBe(firstPid);
  expect(lines[0]).toBe('example ended (signal SIGKILL); starting it again in 100 ms');
  expect(lines[1]).toMatch(/^example is back after \d+ ms$/);
});

test('a process that gives way runs at a lower priority, again after a restart', async () => {
  const supervised = supervise(writePid + stayAlive, { givesWay: true });
  await supervised.start();
  expect(getPriority(supervised.pid ?? 0)).toBe(19);
  process.kill(supervised.pid ?? 0, 'SIGKILL');
  await vi.waitFor(() => expect(lines).toHaveLength(2), 10_000);
  expect(getPriority(supervised.pid ?? 0)).toBe(19);
});

test('a process that was told to stop stays ended', async () => {
  const supervised = supervise(writePid + stayAlive);
  await supervised.start();
  const pid = Number(readFileSync(pidFile(), 'utf8'));
  await supervised.stop();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(lines).toEqual([]);
});

test('a process that ends before it is ready is not started again', async () => {
  const supervised = supervise('process.exit(3)');
  expect(await supervised.start()).toEqual({ ok: false, cause: 'exited' });
  expect(lines).toEqual([]);
});

test('a command that does not exist is an end like any other', async () => {
  const supervised = supervise('', { command: join(folder, 'no-such-program') });
  expect(await supervised.start()).toEqual({ ok: false, cause: 'exited' });
});

test('a process that is never ready is stopped', async () => {
  const supervised = supervise(stayAlive, { readyMsMax: 200 });
  expect(await supervised.start()).toEqual({ ok: false, cause: 'not_ready' });
  expect(() => process.kill(supervised.pid ?? 0, 0)).toThrow('ESRCH');
});

test('a process that ignores the request to stop is killed', async () => {
  const ignore = `process.on('SIGTERM', () => {});`;
  const supervised = supervise(ignore + writePid + stayAlive, { stopMsMax: 100 });
  await supervised.start();
  await supervised.stop();
  expect(() => process.kill(supervised.pid ?? 0, 0)).toThrow('ESRCH');
});

test('a start can be abandoned', async () => {
  const supervised = supervise(stayAlive);
  const started = supervised.start();
  await supervised.stop();
  expect(await started).toEqual({ ok: false, cause: 'stopped' });
});
