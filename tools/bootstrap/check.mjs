// `npm run check`: everything that can be said about the sources without running the services.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot, modules, pinnedNode } from './paths.mjs';
import { run } from './spawn.mjs';

const DOCUMENTED_SERVICES = ['decision-api', 'experiments'];

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

/** Runs the generators again: what they write must be what is there. */
async function checkGenerated() {
  for (const service of DOCUMENTED_SERVICES) {
    const { code, output } = await checkDocument(service);
    if (code !== 0) return { code, output };
  }
  return { code: 0, output: '' };
}

async function checkDocument(service) {
  const generator = `dist/apps/${service}/src/write-openapi.js`;
  const generated = `docs/api/${service}.json`;
  if (!existsSync(inRoot(generator))) return { code: 1, output: `${generator} is missing` };
  const before = read(generated);
  const result = await run(pinnedNode, [inRoot(generator)], { ORT_DISABLE_TELEMETRY: '1' });
  if (result.code !== 0 || read(generated) === before) return result;
  return { code: 1, output: `${generated} was out of date and is written anew: commit it` };
}

function read(file) {
  return existsSync(inRoot(file)) ? readFileSync(inRoot(file), 'utf8') : null;
}
