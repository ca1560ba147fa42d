// npm as the bootstrap calls it, on a Node of the bootstrap's choosing.
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { modules } from './paths.mjs';
import { outerPath, run } from './spawn.mjs';

// onnxruntime-node's own script would download GPU libraries of several hundred megabytes.
const ENVIRONMENT = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false'];
// npm's own waits, of up to a minute, would let someone without a network sit in front of nothing.
const RETRIES = [
  '--fetch-retries=4',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=8000',
];

/**
 * Runs npm in the root folder, on the Node that started us or on the one given.
 *
 * The Node given is an official build, which knows only its own certificate authorities; the user's
 * may know a company's proxy from the system's store, so it is told to look there as well.
 */
export function npm(args, { node } = {}) {
  const cli = npmCli();
  const all = [...args, ...QUIET, ...RETRIES];
  if (cli === null) return run('npm', all, ENVIRONMENT);
  return node === undefined
    ? run(outerNode(), [cli, ...all], ENVIRONMENT)
    : run(node, ['--use-system-ca', cli, ...all], ENVIRONMENT);
}

/** Gives a Node of the wanted version, fetched into a temporary folder, to the work. */
export async function withNode(version, work) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tollgate-node-'));
  try {
    const flags = ['--no-save', '--ignore-scripts=false'];
    const { output } = await npm(['install', ...flags, '--prefix', folder, `node@${version}`]);
    const node = path.join(folder, 'node_modules', 'node', 'bin', 'node');
    return await work({ node: existsSync(node) ? node : null, output });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The npm that started us where one did, else the one on PATH. */
function npmCli() {
  const { npm_execpath: started = '' } = process.env;
  const candidates = [started, ...outerPath().map((folder) => path.join(folder, 'npm'))];
  const found = candidates
    .filter((file) => file !== '' && existsSync(file))
    .map((file) => realpathSync(file))
    .find((file) => path.basename(file) === 'npm-cli.js');
  return found ?? null;
}

/** Never the Node in node_modules: npm replaces it. */
function outerNode() {
  const { npm_node_execpath: started = process.execPath } = process.env;
  return started.startsWith(modules) ? 'node' : started;
}
