// One setup at a time per checkout: two `npm ci` in one folder destroy each other's work.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './console.mjs';
import { inRoot } from './paths.mjs';

const lockFile = inRoot('.setup.lock');
const POLL_MS = 200;
const SETTLE_MS = 50;

export async function withLock(work) {
  await acquire();
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

async function acquire() {
  let announced = false;
  while (!(await tryAcquire())) {
    const holder = holderPid();
    if (holder !== null && !isAlive(holder)) {
      rmSync(lockFile, { force: true });
      continue;
    }
    if (!announced) say(`waiting for another setup of this checkout (process ${holder})`);
    announced = true;
    await sleep(POLL_MS);
  }
}

/**
 * Takes the lock, and looks again: another process may have taken a dead one's lock away as well.
 */
async function tryAcquire() {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  await sleep(SETTLE_MS);
  return holderPid() === process.pid;
}

function holderPid() {
  try {
    return Number(readFileSync(lockFile, 'utf8')) || null;
  } catch {
    return null; // released in between
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
