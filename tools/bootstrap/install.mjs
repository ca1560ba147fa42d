// Dependencies: installed with `npm ci` when what is in node_modules is not what the lock file
// says.
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError, step } from './console.mjs';
import { withLock } from './lock.mjs';
import { npm, withNode } from './npm.mjs';
import { inRoot, modules } from './paths.mjs';
import { hasPinnedNode, repairPinnedNode } from './pinned-node.mjs';

export async function install() {
  if (isInstalled() && hasPinnedNode()) return;
  await withLock(async () => {
    if (!isInstalled()) await installDependencies();
    await repairPinnedNode();
  });
}

/**
 * Compares the lock file with npm's own record of what it installed,
 * node_modules/.package-lock.json: that is right however node_modules came to be, and an
 * interrupted install leaves no such record.
 */
function isInstalled() {
  const record = path.join(modules, '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(inRoot('package-lock.json'))).packages;
  const present = JSON.parse(readFileSync(record)).packages;
  const isMet = ([name, entry]) =>
    name === '' || (name in present ? present[name].version === entry.version : isForOthers(entry));
  return (
    Object.entries(wanted).every(isMet) && Object.keys(present).every((name) => name in wanted)
  );
}

/** Optional, and not a native binary for this platform, without which its package would fail. */
function isForOthers({ optional, os, cpu, libc }) {
  if (optional !== true) return false;
  if (os === undefined || cpu === undefined) return true;
  return !(
    os.includes(process.platform) &&
    cpu.includes(process.arch) &&
    libc?.includes('musl') !== true
  );
}

async function installDependencies() {
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError('node_modules is a link, and holds not what package-lock.json says.', {
      advice: ['run npm ci where the link leads to, or remove the link'],
    });
  }
  await step('Installing dependencies from the npm registry (once, about a minute)', async () => {
    const { code, output } = await cleanInstall();
    if (code !== 0) throw installFailure(output);
  });
}

/**
 * npm leaves out, without a word, optional packages that do not fit the Node it runs on: native
 * binaries would be missing. So it runs on the Node that will use them.
 */
function cleanInstall() {
  const args = ['ci', '--include=dev'];
  const { packages } = JSON.parse(readFileSync(inRoot('package-lock.json')));
  const { version } = packages['node_modules/node'];
  const [major] = version.split('.');
  const isOuter = !process.execPath.startsWith(modules);
  if (isOuter && process.versions.node.startsWith(`${major}.`)) return npm(args);
  return withNode(version, ({ node, output }) =>
    node === null ? { code: 1, output } : npm(args, { node }),
  );
}

const FAILURES = [
  {
    pattern: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/,
    message: 'The npm registry cannot be reached.',
    advice: 'check the network; behind a proxy, set npm\'s "https-proxy"',
  },
  {
    pattern: /CERT/,
    message: 'The npm registry shows a certificate that Node does not trust.',
    advice: "name your company's certificates in NODE_EXTRA_CA_CERTS",
  },
  {
    pattern: /ENOSPC/,
    message: 'The disk is full.',
    advice: 'free about 1 GB and run the same command again',
  },
  {
    pattern: /EACCES|EPERM/,
    message: 'A folder may not be written.',
    advice: 'check who owns this checkout and the npm cache (npm config get cache)',
  },
  {
    pattern: /EINTEGRITY/,
    message: 'A downloaded package is not the one the lock file names.',
    advice: 'run npm cache clean --force, then the same command again',
  },
  {
    pattern: /EUSAGE/,
    message: 'package.json and package-lock.json disagree.',
    advice: 'run npm install, and commit package-lock.json',
  },
  {
    pattern: /spawn \S*npm ENOENT/,
    message: 'npm is not on PATH.',
    advice: 'install npm; it comes with Node',
  },
];

function installFailure(output) {
  const known = FAILURES.find(({ pattern }) => pattern.test(output)) ?? {
    message: 'npm could not install the dependencies.',
    advice: "read npm's lines above",
  };
  return new SetupError(known.message, { output, advice: [known.advice] });
}
