import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { JournalError, systemCodeOf } from './journal-error.js';

const LOCK_NAME = 'writer.lock';
const ATTEMPTS_MAX = 5;
/**
 * Folders this process writes, by absolute path: its own pid in a lock file proves nothing after a
 * restart.
 */
const heldHere = new Set<string>();

interface Owner {
  readonly pid: number;
  /**
   * Boot id and start time of the process, where the system tells: a pid alone may have been given
   * out again.
   */
  readonly birth: string | null;
}

/**
 * Keeps a folder to one writer at a time. The lock of a process that no longer lives is taken over.
 */
export class FolderLock {
  private constructor(
    private readonly path: string,
    private readonly key: string,
  ) {}

  static async take(folder: string): Promise<FolderLock> {
    await mkdir(folder, { recursive: true });
    const key = resolve(folder);
    const path = join(key, LOCK_NAME);
    if (heldHere.has(key)) throw locked(folder, process.pid);
    heldHere.add(key);
    try {
      await claim(folder, path);
    } catch (cause) {
      heldHere.delete(key);
      throw cause;
    }
    return new FolderLock(path, key);
  }

  async release(): Promise<void> {
    await rm(this.path, { force: true });
    heldHere.delete(this.key);
  }
}

async function claim(folder: string, path: string): Promise<void> {
  const own = `${path}.${process.pid}`;
  const text = JSON.stringify({ pid: process.pid, birth: await birthOf(process.pid) });
  await writeFile(own, text, { flush: true });
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      if (await linkIfAbsent(own, path)) return;
      const found = await readLock(path);
      if (found === null) continue;
      if (await isAlive(found.owner)) throw locked(folder, found.owner.pid);
      await clearStale(path, found.text);
    }
    throw new JournalError(
      'JOURNAL_LOCKED',
      `the journal in ${folder} is being opened by another process: try again`,
    );
  } finally {
    await rm(own, { force: true });
  }
}

/** A link appears with its content, so nobody ever reads an empty lock. */
async function linkIfAbsent(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (cause) {
    if (systemCodeOf(cause) === 'EEXIST') return false;
    throw cause;
  }
}

/**
 * Moves a dead process's lock away; should another opener have replaced it meanwhile, puts that one
 * back.
 */
async function clearStale(path: string, staleText: string): Promise<void> {
  const moved = `${path}.${process.pid}.stale`;
  try {
    await rename(path, moved);
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return;
    throw cause;
  }
  if ((await readFile(moved, 'utf8')) !== staleText) await linkIfAbsent(moved, path);
  await rm(moved, { force: true });
}

async function readLock(
  path: string,
): Promise<{ readonly owner: Owner; readonly text: string } | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return null;
    throw cause;
  }
  return { owner: parseOwner(text), text };
}

function parseOwner(text: string): Owner {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'pid' in value && 'birth' in value) {
      const { pid, birth } = value;
      if (typeof pid === 'number') return { pid, birth: typeof birth === 'string' ? birth : null };
    }
  } catch {
    // Cut short by a power loss: nobody who lives holds it.
  }
  return { pid: 0, birth: null };
}

async function isAlive(owner: Owner): Promise<boolean> {
  // A container's main process has the same pid after every restart, and this process does not hold
  // the folder.
  if (owner.pid <= 0 || owner.pid === process.pid) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (cause) {
    if (systemCodeOf(cause) === 'ESRCH') return false;
  }
  const birth = await birthOf(owner.pid);
  return birth === null || owner.birth === null || birth === owner.birth;
}

async function birthOf(pid: number): Promise<string | null> {
  try {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const status = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Field 22, start time in ticks; the name in field 2 may hold blanks, so count from the last
    // bracket.
    const started = status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
    return started === undefined ? null : `${boot}:${started}`;
  } catch {
    return null; // No /proc on this system: the pid has to do.
  }
}

function locked(folder: string, pid: number): JournalError {
  return new JournalError(
    'JOURNAL_LOCKED',
    `process ${pid} already writes the journal in ${folder}: stop it, or choose another DATA_DIR`,
  );
}
