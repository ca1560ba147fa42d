import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityRef } from '#features/state-request.js';
import { decodeTiles, encodeTiles, TILE_HEADER_BYTES } from '#features/tile-codec.js';
import { TileSet, type TilePatch } from '#features/tile-set.js';
import {
  pttlCommand,
  readCommand,
  tilesReplaceCommand,
  type TilesUpdate,
} from '../redis-commands.js';
import type { RedisCommand, RedisLink } from '../redis-link.js';
import { StoreError } from '../store-error.js';
import type { PatientLink } from './patient-link.js';

const ENTITIES_MAX = 16;
const TIMEOUT_MS = 1_000;
const ATTEMPTS_MAX = 50;
const PAUSE_MS = 20;
const NO_HEADER = Buffer.alloc(0);

/** What one batch of a rebuild adds to one unbounded entity. */
export interface TileAddition {
  readonly ref: EntityRef;
  readonly records: readonly Uint8Array[];
  readonly patches: readonly TilePatch[];
  /** What is left of the life of the entity's state; it may be over. */
  readonly ttlMs: number;
}

/** A batch of a rebuild as tiles remember it. */
export interface RebuildBatch {
  /** 1 to 65,535, then from 1 again. */
  readonly number: number;
  /** Whether a run that was killed may have done a part of it. */
  readonly mayBeDone: boolean;
  /** Whether its events were rebuilt before, so that one without a trace was counted then. */
  readonly isAgain: boolean;
}

interface Found {
  readonly addition: TileAddition;
  readonly stored: Buffer | null;
  readonly tiles: TileSet;
  readonly ttlMs: number;
}

/**
 * Adds events to tiles while the service does so too, each batch once whatever is killed or lost on
 * the way: the batch's number is written with what it adds, by compare-and-set (ADR 0014, 0024).
 */
export class TileRestorer {
  constructor(
    private readonly link: RedisLink,
    private readonly patient: PatientLink,
  ) {}

  /** @returns How many entities had no tiles before. */
  async add(additions: readonly TileAddition[], batch: RebuildBatch): Promise<number> {
    let made = 0;
    for (let first = 0; first < additions.length; first += ENTITIES_MAX) {
      made += await this.addSome(additions.slice(first, first + ENTITIES_MAX), batch);
    }
    return made;
  }

  private async addSome(additions: readonly TileAddition[], batch: RebuildBatch): Promise<number> {
    let left = additions;
    let made = 0;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      if (attempt > ATTEMPTS_MAX) throw new StoreError('unavailable', 'tiles change all the time');
      // An answer that got lost, or a run that was killed: the number says whether it is written.
      const canBeDone = batch.mayBeDone || attempt > 1;
      const found = (await this.read(left)).filter(
        ({ tiles, ttlMs }) => ttlMs > 0 && !(canBeDone && tiles.rebuiltBatch === batch.number),
      );
      const replies = await this.link.execute(
        found.map((one) => tilesReplaceCommand([updateOf(one, batch)])),
        TIMEOUT_MS,
      );
      const failed = found.filter((one, nth) => {
        const reply = replies[nth]!;
        const isWritten = reply.ok && (reply.value as readonly unknown[])[0] === 1;
        if (isWritten && one.stored === null) made += 1;
        return !isWritten;
      });
      left = failed.map(({ addition }) => addition);
      if (left.length > 0) await sleep(PAUSE_MS);
    }
    return made;
  }

  private async read(additions: readonly TileAddition[]): Promise<readonly Found[]> {
    const commands = additions.flatMap(({ ref }): RedisCommand[] => {
      return [readCommand(ref), pttlCommand(ref)];
    });
    const values = await this.patient.run(commands);
    return additions.map((addition, nth) => {
      const stored = values[2 * nth] as Buffer | null;
      const layout = addition.ref.entity.tiles!;
      const tiles = stored === null ? new TileSet(layout) : decodeTiles(stored, layout).tiles;
      const ttlMs = Math.max(addition.ttlMs, values[2 * nth + 1] as number);
      return { addition, stored, tiles, ttlMs };
    });
  }
}

function updateOf({ addition, stored, tiles, ttlMs }: Found, batch: RebuildBatch): TilesUpdate {
  for (const record of addition.records) tiles.add(record);
  for (const patch of addition.patches) tiles.patch(patch);
  tiles.revision = (tiles.revision + 1) % 2 ** 32;
  tiles.rebuiltBatch = batch.number;
  const header = stored === null ? NO_HEADER : stored.subarray(0, TILE_HEADER_BYTES);
  return { ref: addition.ref, header, tiles: encodeTiles(tiles), ttlMs };
}
