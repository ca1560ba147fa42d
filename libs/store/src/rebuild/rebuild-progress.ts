import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { claimRelease } from '../redis-scripts.js';
import { REBUILD_KEY, REBUILD_LOCK_KEY } from '../redis-keys.js';
import type { RedisCommand, RedisLink } from '../redis-link.js';
import { PatientLink } from './patient-link.js';

/** A rebuild that was killed holds others up for no longer. */
const LEASE_MS = 6_000;
const RENEW_MS = 1_500;
const BATCH_NUMBERS = 65_535;

/** How far the state of this Redis was rebuilt: kept in it, and so lost together with it. */
const Progress = z.object({
  /** When what is under way, or was done last, first began. */
  started_at_ms: z.number(),
  /** Decisions made from here on were counted by the service itself. */
  until_ms: z.number(),
  /** From here to `until_ms` it is done. */
  done_from_ms: z.number(),
  /** What is under way, in front of that; `after` is the last decision that is done. */
  stretch: z
    .object({ from_ms: z.number(), to_ms: z.number(), after: z.string().nullable() })
    .nullable(),
  /** Of the batch that comes next, or that was under way. */
  batch: z.number(),
  is_again: z.boolean(),
  is_finished: z.boolean(),
});
export type RebuildProgress = z.infer<typeof Progress>;

/** The number after this one: tiles have 16 bits for it, and 0 means none. */
export function nextBatch(number: number): number {
  return (number % BATCH_NUMBERS) + 1;
}

/** Reads and writes the progress of a rebuild, and lets one process at a time do so. */
export class RebuildLedger {
  private readonly patient: PatientLink;
  private readonly token = randomUUID();
  private readonly timer: NodeJS.Timeout;
  private isLost = false;

  private constructor(
    private readonly link: RedisLink,
    private readonly lifeMs: number,
  ) {
    this.patient = new PatientLink(link);
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
  }

  /**
   * Takes the lock; null when another rebuild holds it.
   *
   * @param lifeMs How long the progress is kept: as long as any state that it is about.
   */
  static async open(link: RedisLink, lifeMs: number): Promise<RebuildLedger | null> {
    const ledger = new RebuildLedger(link, lifeMs);
    const [held] = await ledger.patient.run([
      command('set', REBUILD_LOCK_KEY, [ledger.token, 'NX', 'GET', 'PX', LEASE_MS]),
    ]);
    if (held === null) return ledger;
    clearInterval(ledger.timer);
    return null;
  }

  /** Null where nothing was rebuilt since this Redis was empty. */
  async read(): Promise<RebuildProgress | null> {
    const [stored] = await this.patient.run([command('get', REBUILD_KEY, [])]);
    if (stored === null) return null;
    const parsed = Progress.safeParse(JSON.parse((stored as Buffer).toString()));
    return parsed.success ? parsed.data : null;
  }

  /** @throws Error when another rebuild has taken the lock. */
  async write(progress: RebuildProgress): Promise<void> {
    if (this.isLost) throw new Error('another rebuild has taken over');
    const text = JSON.stringify(progress);
    await this.patient.run([command('set', REBUILD_KEY, [text, 'PX', this.lifeMs])]);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    if (this.isLost) return;
    const args = [claimRelease.sha, 1, REBUILD_LOCK_KEY, this.token];
    await this.patient.run([{ name: 'evalsha', key: REBUILD_LOCK_KEY, args }]);
  }

  /** A process that was stopped for longer than the lease may have lost the lock meanwhile. */
  private async renew(): Promise<void> {
    const [held] = await this.link.execute([command('get', REBUILD_LOCK_KEY, [])], RENEW_MS);
    if (held?.ok !== true) return;
    const holder = held.value as Buffer | null;
    if (holder !== null && holder.toString() !== this.token) this.isLost = true;
    else await this.link.execute([lockCommand(this.token)], RENEW_MS);
  }
}

function lockCommand(token: string): RedisCommand {
  return command('set', REBUILD_LOCK_KEY, [token, 'PX', LEASE_MS]);
}

function command(name: string, key: string, args: readonly (string | number)[]): RedisCommand {
  return { name, key, args: [key, ...args] };
}
