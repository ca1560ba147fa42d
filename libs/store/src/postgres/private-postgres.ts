import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const READY_ATTEMPTS_MAX = 400;
const READY_WAIT_MS = 25;

/** Where Postgres keeps its programs; null where there is none. */
function programFolder(): string | null {
  if (!existsSync(DEBIAN_FOLDER)) return null;
  const versions = readdirSync(DEBIAN_FOLDER).map(Number).filter(Number.isFinite);
  const folder = join(DEBIAN_FOLDER, String(Math.max(...versions)), 'bin');
  return versions.length > 0 && existsSync(join(folder, 'postgres')) ? folder : null;
}

/** Whether there is a PostgreSQL to start here. */
export function hasPostgresServer(): boolean {
  return programFolder() !== null;
}

/** A private PostgreSQL on a Unix socket in a folder of its own, for tests and benchmarks. */
export class PostgresServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'tollgate-pg-'));
  private process: ChildProcess | null = null;

  private constructor(
    private readonly programs: string,
    /** Postgres refuses to run as root: there it runs as its own user. */
    private readonly user: { readonly uid: number; readonly gid: number } | null,
    private readonly onSpawn: (pid: number) => void,
  ) {}

  /** @param onSpawn Told of each server process before it starts others. */
  static async start(onSpawn: (pid: number) => void = () => undefined): Promise<PostgresServer> {
    const programs = programFolder();
    if (programs === null)
      throw new Error(`there is no PostgreSQL under ${DEBIAN_FOLDER}: install it`);
    const user = process.getuid?.() === 0 ? postgresUser() : null;
    const server = new PostgresServer(programs, user, onSpawn);
    server.create();
    await server.start();
    return server;
  }

  get url(): string {
    return this.urlOf('postgres');
  }

  /** @returns The URL of a new database beside the one that every server has. */
  async createDatabase(name: string): Promise<string> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    await client.query(`CREATE DATABASE "${name}"`);
    await client.end();
    return this.urlOf(name);
  }

  /** Starts it again, for instance after `kill`. */
  async start(): Promise<void> {
    const settings = ['listen_addresses=', `unix_socket_directories=${this.folder}`];
    const args = ['-D', this.dataFolder, ...settings.flatMap((setting) => ['-c', setting])];
    for (let attempt = 0; attempt < READY_ATTEMPTS_MAX; attempt += 1) {
      // It ends at once while processes of a killed one still hold the shared memory.
      if (this.hasEnded) {
        const options = { stdio: 'ignore', ...this.user } as const;
        this.process = spawn(join(this.programs, 'postgres'), args, options);
        if (this.process.pid !== undefined) this.onSpawn(this.process.pid);
      }
      if (await this.answers()) return;
      await sleep(READY_WAIT_MS);
    }
    throw new Error('postgres did not answer');
  }

  /** Ends it at once, its children too, like a crash of the machine's Postgres. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGINT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private urlOf(database: string): string {
    return `postgres://tollgate@localhost/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  private get dataFolder(): string {
    return join(this.folder, 'data');
  }

  private create(): void {
    if (this.user !== null) chownSync(this.folder, this.user.uid, this.user.gid);
    const args = ['-D', this.dataFolder, '-U', 'tollgate', '--auth=trust', '--no-sync'];
    execFileSync(join(this.programs, 'initdb'), args, {
      stdio: 'ignore',
      cwd: this.folder,
      ...this.user,
    });
  }

  private get hasEnded(): boolean {
    const child = this.process;
    return child === null || child.exitCode !== null || child.signalCode !== null;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (child === null || this.hasEnded) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  private async answers(): Promise<boolean> {
    const client = new Client({ connectionString: this.url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** The user that Debian's package makes; read here, for `id` is not on every PATH. */
function postgresUser(): { readonly uid: number; readonly gid: number } {
  const entry = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (entry === null) throw new Error('there is no user postgres: install the package postgresql');
  return { uid: Number(entry[1]), gid: Number(entry[2]) };
}
