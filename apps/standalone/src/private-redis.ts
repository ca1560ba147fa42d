import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { shortSocketPath } from '#platform/short-socket-path.js';

const PROGRAMS = ['redis-server', 'valkey-server'];
const MAJOR_MIN = 7;
const BYTES_MAX = 2 * 1024 ** 3;
const MEMORY_SHARE_MAX = 0.25;
const REWRITE_BYTES_MIN = '1gb';
const ASK_MS_MAX = 1_000;
const LEFTOVER_POLL_MS = 50;
const LEFTOVER_MS_MAX = 10_000;

export type FoundRedis =
  | { readonly ok: true; readonly program: string; readonly version: string }
  | { readonly ok: false; readonly reason: string };

/** Looks for a server on PATH that is new enough. */
export async function findRedis(programs: readonly string[] = PROGRAMS): Promise<FoundRedis> {
  const tooOld: string[] = [];
  for (const program of programs) {
    const version = await versionOf(program);
    if (version === null) continue;
    if (Number.parseInt(version, 10) >= MAJOR_MIN) return { ok: true, program, version };
    tooOld.push(`${program} ${version} is older than ${MAJOR_MIN}.0`);
  }
  const reason = tooOld.length > 0 ? tooOld.join(', ') : `no ${programs.join(' or ')} on PATH`;
  return { ok: false, reason };
}

async function versionOf(program: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version']);
    return /\bv=(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null; // not on PATH, or not to be run: either way there is none to use
  }
}

export interface RedisPlace {
  readonly folder: string;
  readonly socketPath: string;
}

export function redisPlace(dataDir: string): RedisPlace {
  const folder = join(dataDir, 'redis');
  return { folder, socketPath: shortSocketPath(folder, 'redis.sock') };
}

/**
 * Arguments for a server of our own: reachable through one socket only, and kept on disk.
 *
 * Memory is bounded and nothing is evicted: a full server refuses writes, which shows as degraded
 * decisions, where eviction would silently forget velocity.
 */
export function redisArguments(place: RedisPlace): string[] {
  const bytesMax = Math.floor(Math.min(BYTES_MAX, totalmem() * MEMORY_SHARE_MAX));
  const settings = {
    port: '0',
    unixsocket: place.socketPath,
    unixsocketperm: '700',
    dir: place.folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    // Not sooner: rewriting forks the server, which then answers nothing for 10 ms and more.
    'auto-aof-rewrite-min-size': REWRITE_BYTES_MIN,
    save: '',
    maxmemory: String(bytesMax),
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    logfile: join(place.folder, 'redis.log'),
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/**
 * Makes the folder, and ends a server that a supervisor which was killed has left running in it.
 */
export async function prepareRedis(place: RedisPlace): Promise<void> {
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  const giveUpAt = performance.now() + LEFTOVER_MS_MAX;
  while ((await ask(place.socketPath, 'SHUTDOWN')) !== 'unreachable') {
    if (performance.now() > giveUpAt) {
      throw new Error(`an earlier Redis in ${place.folder} does not end; end it by hand`);
    }
    await sleep(LEFTOVER_POLL_MS);
  }
  await rm(place.socketPath, { force: true });
}

/** Whether the server answers commands: while it loads its file it refuses them. */
export async function redisIsReady(place: RedisPlace): Promise<boolean> {
  return (await ask(place.socketPath, 'PING')).startsWith('+PONG');
}

/** Sends one command without arguments and gives the start of the reply, or 'unreachable'. */
function ask(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.setTimeout(ASK_MS_MAX, () => socket.destroy());
    let reply: string | null = null;
    socket.once('connect', () => {
      reply = '';
      socket.write(`${command}\r\n`);
    });
    socket.once('data', (data) => {
      reply = data.toString('latin1');
      socket.destroy();
    });
    socket.once('error', () => socket.destroy());
    socket.once('close', () => resolve(reply ?? 'unreachable'));
  });
}
