// Dependencies: installed with `npm ci` when what is in node_modules is not what the lock file says.
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError, step } from './console.mjs';
import { withLock } from './lock.mjs';
import { inRoot, modules } from './paths.mjs';
import { hasPinnedNode, repairPinnedNode } from './pinned-node.mjs';
import { npm, run } from './spawn.mjs';

// onnxruntime-node's own script would download GPU libraries of several hundred megabytes.
const INSTALL_ENVIRONMENT = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
const INSTALL_ARGS = ['ci', '--include=dev', '--engine-strict=false', '--no-audit', '--no-fund'];

export async function install() {
  if (isInstalled() && hasPinnedNode()) return;
  await withLock(async () => {
    if (!isInstalled()) await installDependencies();
    await repairPinnedNode();
  });
}

/**
 * Compares the lock file with npm's own record of what it installed, node_modules/.package-lock.json:
 * that is right however node_modules came to be, and an interrupted install leaves no such record.
 */
function isInstalled() {
  const record = path.join(modules, '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(inRoot('package-lock.json'))).packages;
  const present = JSON.parse(readFileSync(record)).packages;
  const isMet = ([name, { version, optional }]) =>
    name === '' || (name in present ? present[name].version === version : optional === true);
  return (
    Object.entries(wanted).every(isMet) && Object.keys(present).every((name) => name in wanted)
  );
}

async function installDependencies() {
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError(
      'node_modules is a link and does not hold what package-lock.json asks for.',
      {
        advice: ['run npm ci where the link leads to, or remove the link'],
      },
    );
  }
  await step('Installing dependencies from the npm registry (once, about a minute)', async () => {
    const [command, ...args] = npm(INSTALL_ARGS);
    const { code, output } = await run(command, args, INSTALL_ENVIRONMENT);
    if (code !== 0) throw installFailure(output);
  });
}

const FAILURES = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/,
    'The npm registry cannot be reached.',
    'check the network; behind a proxy, set npm\'s "https-proxy"',
  ],
  [/ENOSPC/, 'The disk is full.', 'free about 1 GB and run the same command again'],
  [
    /EACCES|EPERM/,
    'A folder may not be written.',
    'check who owns this checkout and the npm cache (npm config get cache)',
  ],
  [
    /EINTEGRITY/,
    'A downloaded package is not the one the lock file names.',
    'run npm cache clean --force, then the same command again',
  ],
  [
    /EUSAGE/,
    'package.json and package-lock.json disagree.',
    'run npm install, and commit package-lock.json',
  ],
  [/ENOENT.*npm|spawn npm|code 127/, 'npm is not on PATH.', 'install npm; it comes with Node'],
];

function installFailure(output) {
  const known = FAILURES.find(([pattern]) => pattern.test(output));
  const [, message, advice] = known ?? [
    null,
    'npm could not install the dependencies.',
    "read npm's lines above",
  ];
  return new SetupError(message, { output, advice: [advice] });
}
