// What the npm scripts run once the checkout is ready.
import { existsSync } from 'node:fs';
import { check } from './check.mjs';
import { SetupError } from './console.mjs';
import { inRoot, pinnedNode } from './paths.mjs';
import { handOver } from './spawn.mjs';
import { test } from './test.mjs';

// The native ONNX Runtime would start its telemetry with its first session.
const ENVIRONMENT = { ORT_DISABLE_TELEMETRY: '1' };
// V8 shrinks the young generation in small containers; the hot path allocates, so it stays at 32
// MiB.
const HOT_PATH_FLAGS = ['--max-semi-space-size=32'];

export const commands = {
  start: {
    about: 'start Tollgate on this machine, on embedded backends where none are configured',
    run: (args) => runBuilt('apps/standalone/src/main.js', args),
  },
  test: { about: 'run every test; arguments go to vitest', run: test },
  check: { about: 'format, lint, types, unused code, tidiness, generated files', run: check },
  bench: tool('bench', 'measure the decision path, its parts, the log and the statistics'),
  simulate: tool('simulate', 'write simulated transactions and labels'),
  replay: tool('replay', 'run a history file through the API, or offline through the engine'),
  features: tool('features', 'rebuild feature state in Redis from the decision log'),
  journal: tool('journal', 'list, print and verify the decision journal'),
  keys: tool('keys', 'create, list and revoke API keys'),
  rules: tool('rules', 'check a ruleset, run its cases, and publish it'),
  model: tool('model', 'publish a model'),
  rollout: tool('rollout', 'start, watch and stop rollouts'),
  experiment: tool('experiment', 'what experiments, shadows and the exploration say'),
  labels: tool('labels', 'import labels from a CSV file'),
  load: tool('load', 'run a load-test scenario against a running service'),
  setup: { about: 'only install and build', run: async () => 0 },
};

function tool(name, about) {
  return { about, run: (args) => runBuilt(`tools/${name}/main.js`, args) };
}

async function runBuilt(file, args) {
  const main = inRoot('dist', file);
  if (!existsSync(main)) throw new SetupError(`dist/${file} was not built: its source is missing.`);
  return handOver(pinnedNode, [...HOT_PATH_FLAGS, main, ...args], ENVIRONMENT);
}

export function usage() {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(
    ([name, { about }]) => `  ${name.padEnd(width)}  ${about}`,
  );
  return `usage: npm run <command> [-- options]\n\n${lines.join('\n')}\n`;
}
