import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityRef } from '#features/state-request.js';
import { decodeTiles, encodeTiles, TILE_HEADER_BYTES } from '#features/tile-codec.js';
import { TileSet, type TilePatch } from '#features/tile-set.js';
import { readCommand, tilesReplaceCommand, type TilesUpdate } from './redis-commands.js';
import { entityKey } from './redis-keys.js';
import { itemOf, type RedisLink, type RedisReply } from './redis-link.js';

/** Gathers the events of a busy merchant into one write; a later decision sees them that late. */
export const TILE_FLUSH_MS = 25;
/** Updates that wait for the next flush; more are dropped and counted. */
export const TILE_UPDATES_MAX = 50_000;
/**
 * Entities written in one round trip, and no more until it is back: keeps a flush from delaying the
 * decisions that share the connection and the event loop.
 */
const FLUSH_BATCH = 64;
/** After an outage thousands of entities wait, and nobody is in a hurry: 2,000 a second. */
const CATCH_UP_PAUSE_MS = 24;
const CONFLICTS_MAX = 5;
const FLUSH_TIMEOUT_MS = 1_000;
const NO_HEADER = Buffer.alloc(0);

/** Tiles as they stand in Redis: null = there are none, undefined = that is not known. */
export type StoredTiles = Buffer | null | undefined;

interface Waiting {
  readonly ref: EntityRef;
  /** As last read; a guess that the write checks. */
  stored: StoredTiles;
  readonly records: Uint8Array[];
  readonly patches: TilePatch[];
  /** Whether it is being written. */
  isTaken: boolean;
}

/**
 * Gathers updates of unbounded entities and writes them off the path, many events in one write.
 *
 * A write builds on the tiles that the last decision read, and replaces them only at that revision,
 * so that several processes may write the same merchant. What cannot be written waits for the next
 * flush, within a bound.
 */
export class TileFlusher {
  dropped = 0;
  /** What came since the last flush began. */
  private waiting = new Map<string, Waiting>();
  /** What that flush took over, and how far it came. */
  private flushing = new Map<string, Waiting>();
  private queue = this.flushing.values();
  /** In both, and not written yet. */
  private entities = 0;
  private updates = 0;
  private closing = false;
  private isCatchingUp = false;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly link: RedisLink) {}

  add(ref: EntityRef, record: Uint8Array, stored: StoredTiles): void {
    const waiting = this.waitingOf(ref);
    if (waiting === null) return;
    waiting.records.push(record);
    if (stored !== undefined) waiting.stored = stored;
  }

  patch(ref: EntityRef, patch: TilePatch): void {
    this.waitingOf(ref)?.patches.push(patch);
  }

  /** Takes an event back that is still waiting; what was written stays, within the tiles' error. */
  retract(ref: EntityRef, record: Uint8Array): void {
    const key = entityKey(ref);
    for (const waiting of [this.waiting.get(key), this.flushing.get(key)]) {
      const at = waiting?.records.indexOf(record) ?? -1;
      if (waiting === undefined || at < 0) continue;
      waiting.records.splice(at, 1);
      if (!waiting.isTaken) this.updates -= 1;
      return;
    }
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
      waiting = { ref, stored: undefined, records: [], patches: [], isTaken: false };
      this.waiting.set(key, waiting);
      this.entities += 1;
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
    let left = this.entities;
    while (left > 0) {
      const batch = this.takeBatch();
      left -= batch.length;
      const unwritten = await this.write(batch);
      for (const waiting of unwritten) this.putBack(waiting);
      if (unwritten.length === batch.length) {
        this.isCatchingUp = true;
        break;
      }
      if (left > 0 && this.isCatchingUp && !this.closing) await sleep(CATCH_UP_PAUSE_MS);
    }
    if (left <= 0) this.isCatchingUp = false;
    if (this.entities > 0) this.schedule();
  }

  private takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    while (batch.length < FLUSH_BATCH) {
      const next = this.queue.next();
      if (next.done === true) {
        if (batch.length > 0 || this.waiting.size === 0) break;
        // Maps are filled once and dropped: out of one whose entries come and go, V8 makes a new
        // table every few entries, and an old table that has grown old keeps all later ones alive.
        this.flushing = this.waiting;
        this.queue = this.flushing.values();
        this.waiting = new Map();
        continue;
      }
      next.value.isTaken = true;
      this.updates -= sizeOf(next.value);
      batch.push(next.value);
    }
    this.entities -= batch.length;
    return batch;
  }

  /** In front of what came meanwhile, and at the end of the queue. */
  private putBack({ ref, records, patches }: Waiting): void {
    const key = entityKey(ref);
    const newer = this.waiting.get(key);
    this.waiting.delete(key);
    this.waiting.set(key, {
      ref,
      stored: newer?.stored,
      records: [...records, ...(newer?.records ?? [])],
      patches: [...patches, ...(newer?.patches ?? [])],
      isTaken: false,
    });
    this.updates += records.length + patches.length;
    if (newer === undefined) this.entities += 1;
  }

  /** Writes one batch; returns what could not be. */
  private async write(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    const failed = await this.readUnknown(batch);
    let left = failed.length === 0 ? batch : batch.filter((waiting) => !failed.includes(waiting));
    for (let attempt = 0; attempt < CONFLICTS_MAX && left.length > 0; attempt += 1) {
      const replies = await this.replace(left.map(updateOf));
      left = left.filter((waiting, index) => {
        const reply = replies[index]!;
        if (!reply.ok) {
          failed.push(waiting);
          return false;
        }
        if (reply.value === 1) return false;
        // Another write came in between: this is what it left.
        waiting.stored = reply.value as Buffer | null;
        return true;
      });
    }
    return [...failed, ...left];
  }

  /** One reply for each update: 1 when it is done, else the tiles that stand there instead. */
  private async replace(updates: readonly TilesUpdate[]): Promise<readonly RedisReply[]> {
    if (this.link.kind === 'redis-cluster') {
      const commands = updates.map((update) => tilesReplaceCommand([update]));
      const replies = await this.link.execute(commands, FLUSH_TIMEOUT_MS);
      return replies.map((reply) => itemOf(reply, 0));
    }
    const [reply] = await this.link.execute([tilesReplaceCommand(updates)], FLUSH_TIMEOUT_MS);
    return updates.map((_, nth) => itemOf(reply!, nth));
  }

  /** Reads the tiles that no decision has read; returns those that could not be. */
  private async readUnknown(batch: readonly Waiting[]): Promise<Waiting[]> {
    const unknown = batch.filter((waiting) => waiting.stored === undefined);
    if (unknown.length === 0) return [];
    const commands = unknown.map((waiting) => readCommand(waiting.ref));
    const replies = await this.link.execute(commands, FLUSH_TIMEOUT_MS);
    return unknown.filter((waiting, index) => {
      const reply = replies[index]!;
      if (reply.ok) waiting.stored = reply.value as Buffer | null;
      return !reply.ok;
    });
  }
}

function sizeOf({ records, patches }: Waiting): number {
  return records.length + patches.length;
}

function updateOf({ ref, stored, records, patches }: Waiting): TilesUpdate {
  const layout = ref.entity.tiles!;
  const tiles = stored == null ? new TileSet(layout) : decodeTiles(stored, layout).tiles;
  for (const record of records) tiles.add(record);
  for (const patch of patches) tiles.patch(patch);
  tiles.revision = (tiles.revision + 1) % 2 ** 32;
  const header = stored == null ? NO_HEADER : stored.subarray(0, TILE_HEADER_BYTES);
  return { ref, header, tiles: encodeTiles(tiles) };
}
