// `npm run check`: everything that can be said about the sources without running the services.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot, modules, pinnedNode } from './paths.mjs';
import { run } from './spawn.mjs';

const GENERATOR = 'dist/apps/decision-api/src/write-openapi.js';
const GENERATED = 'docs/api/openapi.json';

const steps = [
  {
    name: 'format',
    work: () => tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  },
  { name: 'lint', work: () => tool('oxlint/bin/oxlint', '--type-aware', '--deny-warnings') },
  { name: 'types', work: () => tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json') },
  { name: 'unused code', work: () => tool('knip/bin/knip.js', '--no-progress') },
  { name: 'tidiness', work: () => tool('vitest/vitest.mjs', 'run', 'tools/tidy') },
  { name: 'generated files', work: checkGenerated },
];

export async function check() {
  const failed = [];
  for (const { name, work } of steps) {
    const startedAt = Date.now();
    process.stdout.write(`${name.padEnd(16)}`);
    const { code, output } = await work();
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${code === 0 ? 'ok' : 'FAILED'}  ${seconds} s\n`);
    if (code !== 0) failed.push({ name, output });
  }
  for (const { name, output } of failed) {
    process.stdout.write(`\n--- ${name} ---\n${output.trimEnd()}\n`);
  }
  const verdict = failed.length === 0 ? 'every check passed' : `failed: ${names(failed)}`;
  process.stdout.write(`\n${verdict}\n`);
  return failed.length === 0 ? 0 : 1;
}

const names = (failed) => failed.map(({ name }) => name).join(', ');

function tool(main, ...args) {
  return run(pinnedNode, [path.join(modules, main), ...args], { NO_COLOR: '1' });
}

/** Runs the generator again: what it writes must be what is there. */
async function checkGenerated() {
  if (!existsSync(inRoot(GENERATOR))) return { code: 1, output: `${GENERATOR} is missing` };
  const before = read(GENERATED);
  const result = await run(pinnedNode, [inRoot(GENERATOR)], { ORT_DISABLE_TELEMETRY: '1' });
  if (result.code !== 0 || read(GENERATED) === before) return result;
  return { code: 1, output: `${GENERATED} was out of date and is written anew: commit it` };
}

function read(file) {
  return existsSync(inRoot(file)) ? readFileSync(inRoot(file), 'utf8') : null;
}
