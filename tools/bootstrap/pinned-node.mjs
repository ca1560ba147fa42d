// The project runs on the Node that the npm package `node` pins, whatever Node and npm started it.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { SetupError, step } from './console.mjs';
import { npm } from './npm.mjs';
import { modules, pinnedNode } from './paths.mjs';

const LAUNCHER_MAJOR_MIN = 18;

/** The Node that runs the bootstrap may be older than the pinned one, but not of any age. */
export function checkLauncher() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= LAUNCHER_MAJOR_MIN) return;
  throw new SetupError(`Node ${process.versions.node} is too old to set Tollgate up.`, {
    advice: [
      `install Node ${LAUNCHER_MAJOR_MIN} or newer, for example from https://nodejs.org`,
      'only the setup needs it: Tollgate itself runs on a Node of its own',
    ],
  });
}

export function hasPinnedNode() {
  return (statSync(pinnedNode, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/**
 * The package `node` fetches its binary in an install script. npm may have been told to run none
 * (ignore-scripts), or the script may have failed half-way: then it is run here.
 */
export async function repairPinnedNode() {
  if (!hasPinnedNode()) {
    const version = JSON.parse(readFileSync(path.join(modules, 'node', 'package.json'))).version;
    await step(`Fetching Node ${version}`, async () => {
      const { output } = await npm(['rebuild', 'node', '--ignore-scripts=false']);
      if (!hasPinnedNode()) throw unusable('could not be fetched', output);
    });
  }
  const probe = spawnSync(pinnedNode, ['--version'], { encoding: 'utf8' });
  if (probe.status !== 0) throw unusable('does not run here', `${probe.error ?? probe.stderr}`);
}

function unusable(what, output) {
  return new SetupError(`The pinned Node (npm package "node") ${what}.`, {
    output,
    advice: [
      'supported: Linux with glibc (Debian, Ubuntu, Fedora, ...) and macOS, on x64 and arm64',
      'behind a proxy, set npm\'s "https-proxy"; then run the same command again',
    ],
  });
}
