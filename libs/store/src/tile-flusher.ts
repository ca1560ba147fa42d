import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityRef } from '#features/state-request.js';
import { decodeTiles, encodeTiles, TILE_HEADER_BYTES } from '#features/tile-codec.js';
import { TileSet, type TilePatch } from '#features/tile-set.js';
import { firstOf } from './first-of.js';
import { readCommand, tilesReplaceCommand } from './redis-commands.js';
import { entityKey } from './redis-keys.js';
import type { RedisLink, RedisReply } from './redis-link.js';

export const TILE_FLUSH_MS = 100;
/** Updates that wait for the next flush; more are dropped and counted. */
export const TILE_UPDATES_MAX = 50_000;
/** Entities written in one round trip: keeps a flush from delaying decisions behind it. */
const FLUSH_BATCH = 32;
/** Between batches: decisions share the connection and the event loop. */
const PAUSE_MS = 2;
/** After an outage thousands of entities wait, and nobody is in a hurry: 2,000 a second. */
const CATCH_UP_PAUSE_MS = 12;
const CONFLICTS_MAX = 5;
const FLUSH_TIMEOUT_MS = 1_000;

interface Waiting {
  readonly ref: EntityRef;
  readonly records: Uint8Array[];
  readonly patches: TilePatch[];
}

/**
 * Gathers updates of unbounded entities and writes them off the path, many events in one write.
 *
 * A write replaces the tiles only at the revision that it read, so that several processes may write
 * the same merchant. What cannot be written waits for the next flush, within a bound.
 */
export class TileFlusher {
  dropped = 0;
  private readonly waiting = new Map<string, Waiting>();
  private updates = 0;
  private closing = false;
  private isCatchingUp = false;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly link: RedisLink) {}

  add(ref: EntityRef, record: Uint8Array): void {
    this.waitingOf(ref)?.records.push(record);
  }

  patch(ref: EntityRef, patch: TilePatch): void {
    this.waitingOf(ref)?.patches.push(patch);
  }

  /** Takes an event back that is still waiting; what was written stays, within the tiles' error. */
  retract(ref: EntityRef, record: Uint8Array): void {
    const waiting = this.waiting.get(entityKey(ref));
    const at = waiting?.records.indexOf(record) ?? -1;
    if (at < 0) return;
    waiting?.records.splice(at, 1);
    this.updates -= 1;
  }

  /** Writes everything that waits now; resolves when it is written or waits again. */
  flush(): Promise<void> {
    this.running = this.running.then(() => this.flushWaiting());
    return this.running;
  }

  async close(): Promise<void> {
    this.closing = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    await this.flush();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.dropped += this.updates;
  }

  private waitingOf(ref: EntityRef): Waiting | null {
    if (this.updates >= TILE_UPDATES_MAX) {
      this.dropped += 1;
      return null;
    }
    this.updates += 1;
    this.schedule();
    const key = entityKey(ref);
    let waiting = this.waiting.get(key);
    if (waiting === undefined) {
      waiting = { ref, records: [], patches: [] };
      this.waiting.set(key, waiting);
    }
    return waiting;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.flush();
    }, TILE_FLUSH_MS);
  }

  /**
   * Ends at the first batch of which nothing could be written: while Redis is away, a look at one
   * batch must be all that a flush costs.
   */
  private async flushWaiting(): Promise<void> {
    let left = this.waiting.size;
    while (left > 0 && this.waiting.size > 0) {
      const batch = firstOf(this.waiting.values(), FLUSH_BATCH);
      left -= batch.length;
      for (const waiting of batch) {
        this.waiting.delete(entityKey(waiting.ref));
        this.updates -= sizeOf(waiting);
      }
      const unwritten = await this.write(batch);
      for (const waiting of unwritten) this.putBack(waiting);
      if (unwritten.length === batch.length) {
        this.isCatchingUp = true;
        break;
      }
      if (left > 0 && !this.closing) await sleep(this.isCatchingUp ? CATCH_UP_PAUSE_MS : PAUSE_MS);
    }
    if (left <= 0) this.isCatchingUp = false;
    if (this.waiting.size > 0) this.schedule();
  }

  /** In front of what came meanwhile, and at the end of the queue. */
  private putBack(waiting: Waiting): void {
    const key = entityKey(waiting.ref);
    const newer = this.waiting.get(key);
    waiting.records.push(...(newer?.records ?? []));
    waiting.patches.push(...(newer?.patches ?? []));
    this.updates += sizeOf(waiting) - (newer === undefined ? 0 : sizeOf(newer));
    this.waiting.delete(key);
    this.waiting.set(key, waiting);
  }

  /** Writes one batch; returns what could not be. */
  private async write(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    let left = batch;
    let current = await this.link.execute(
      left.map((waiting) => readCommand(waiting.ref)),
      FLUSH_TIMEOUT_MS,
    );
    const failed: Waiting[] = [];
    for (let attempt = 0; attempt < CONFLICTS_MAX && left.length > 0; attempt += 1) {
      const readable = left.flatMap((waiting, index) => {
        const reply = current[index]!;
        if (reply.ok) return [{ waiting, stored: reply.value as Buffer | null }];
        failed.push(waiting);
        return [];
      });
      if (readable.length === 0) return failed;
      const replies = await this.link.execute(
        readable.map(({ waiting, stored }) => updateCommand(waiting, stored)),
        FLUSH_TIMEOUT_MS,
      );
      const conflicts: { waiting: Waiting; reply: RedisReply }[] = [];
      replies.forEach((reply, index) => {
        const { waiting } = readable[index]!;
        if (!reply.ok) failed.push(waiting);
        else if (reply.value !== 1) conflicts.push({ waiting, reply });
      });
      left = conflicts.map((conflict) => conflict.waiting);
      current = conflicts.map((conflict) => conflict.reply);
    }
    return [...failed, ...left];
  }
}

function sizeOf({ records, patches }: Waiting): number {
  return records.length + patches.length;
}

function updateCommand(
  waiting: Waiting,
  stored: Buffer | null,
): ReturnType<typeof tilesReplaceCommand> {
  const layout = waiting.ref.entity.tiles!;
  const tiles = stored === null ? new TileSet(layout) : decodeTiles(stored, layout).tiles;
  for (const record of waiting.records) tiles.add(record);
  for (const patch of waiting.patches) tiles.patch(patch);
  tiles.revision = (tiles.revision + 1) % 2 ** 32;
  const header = stored === null ? Buffer.alloc(0) : stored.subarray(0, TILE_HEADER_BYTES);
  return tilesReplaceCommand(waiting.ref, header, encodeTiles(tiles));
}
