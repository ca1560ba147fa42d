import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');
const COPIED = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tools/bootstrap',
];

/** A checkout of its own, with one small source, on the real dependencies. */
let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'tollgate-bootstrap-'));
  for (const path of COPIED) {
    cpSync(join(repository, path), join(checkout, path), {
      recursive: true,
      filter: (file) => !file.endsWith('.test.ts'),
    });
  }
  symlinkSync(realpathSync(join(repository, 'node_modules')), join(checkout, 'node_modules'));
  write('libs/example/src/first.ts', 'export const first = 1;\n');
});

afterEach(() => rmSync(checkout, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  writeFileSync(join(checkout, path), text);
}

function exists(path: string): boolean {
  return existsSync(join(checkout, path));
}

function start(...args: string[]) {
  const child = spawn(process.execPath, [join(checkout, 'tools/bootstrap/run.mjs'), ...args]);
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const ended = new Promise<{ code: number | null; output: string }>((done) => {
    child.once('close', (code) => done({ code, output }));
  });
  const shown = async (text: string): Promise<void> => {
    while (!output.includes(text)) await new Promise((done) => setTimeout(done, 10));
  };
  return { child, ended, shown };
}

const run = (...args: string[]) => start(...args).ended;

test('the sources are built once, and not again while they stay the same', async () => {
  expect(await run('setup')).toMatchObject({ code: 0 });
  expect(exists('dist/libs/example/src/first.js')).toBe(true);
  expect(await run('setup')).toEqual({ code: 0, output: '' });
});

test('the output of a source that was removed is removed', async () => {
  await run('setup');
  rmSync(join(checkout, 'libs/example/src/first.ts'));
  write('libs/example/src/second.ts', 'export const second = 2;\n');
  expect(await run('setup')).toMatchObject({ code: 0 });
  expect(exists('dist/libs/example/src/first.js')).toBe(false);
  expect(exists('dist/libs/example/src/second.js')).toBe(true);
});

test('outputs that were deleted are built again', async () => {
  await run('setup');
  rmSync(join(checkout, 'dist/libs'), { recursive: true });
  write('libs/example/src/second.ts', 'export const second = 2;\n');
  await run('setup');
  expect(exists('dist/libs/example/src/first.js')).toBe(true);
});

test('sources that do not compile stop every command, with the place', async () => {
  write('libs/example/src/first.ts', 'export const first: string = 1;\n');
  const { code, output } = await run('keys');
  expect(code).toBe(1);
  expect(output).toContain('The sources do not compile.');
  expect(output).toContain('libs/example/src/first.ts(1,14)');
});

test('a command gets its arguments and gives its exit code', async () => {
  write('tools/keys/main.ts', 'console.log(process.argv.slice(2)); process.exit(7);\n');
  const { code, output } = await run('keys', '--name', 'shop');
  expect(code).toBe(7);
  expect(output).toContain("[ '--name', 'shop' ]");
});

test('a signal reaches the command, which ends in its own way', async () => {
  const source = `process.on('SIGTERM', () => process.exit(5));
    setInterval(() => {}, 1000); console.log('running');\n`;
  write('tools/keys/main.ts', source);
  const { child, ended, shown } = start('keys');
  await shown('running');
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 5 });
});

test('an unknown command shows those there are', async () => {
  const { code, output } = await run('fly');
  expect(code).toBe(2);
  expect(output).toContain('usage: npm run <command>');
});

test('a setup waits for another one of the same checkout', async () => {
  write('.setup.lock', String(process.pid));
  const { ended, shown } = start('setup');
  await shown(`waiting for another setup of this checkout (process ${process.pid})`);
  expect(exists('dist/libs')).toBe(false);
  rmSync(join(checkout, '.setup.lock'));
  expect(await ended).toMatchObject({ code: 0 });
});

test('the lock of a setup that was killed holds nobody up', async () => {
  const { child, ended } = start('help');
  await ended;
  write('.setup.lock', String(child.pid));
  expect(await run('setup')).toMatchObject({ code: 0 });
});

test('dependencies that do not fit the lock file are not installed through a link', async () => {
  const lock = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };
  lock.packages['node_modules/zod'] = { ...lock.packages['node_modules/zod'], version: '0.0.1' };
  write('package-lock.json', JSON.stringify(lock));
  const { code, output } = await run('setup');
  expect(code).toBe(1);
  expect(output).toContain('node_modules is a link, and holds not what package-lock.json says.');
});
