import { FLAGS_OFFSET } from '#features/event-record.js';
import type { EventPatch } from '#features/feature-store.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { EntityRef } from '#features/state-request.js';
import type { TilePatch } from '#features/tile-set.js';
import { referenceRestoreCommand, ringRestoreCommand } from '../redis-commands.js';
import { entityKey } from '../redis-keys.js';
import type { RedisCommand, RedisLink } from '../redis-link.js';
import { tilePatchOf } from '../report-flags.js';
import { ReportWriter } from '../report-writer.js';
import { TileFlusher } from '../tile-flusher.js';
import { knownEvents } from './known-events.js';
import {
  flagsOf,
  lastWord,
  livingEntities,
  referenceTtlMs,
  type LoggedEvent,
} from './logged-event.js';
import { PatientLink } from './patient-link.js';
import { TileRestorer, type RebuildBatch } from './tile-restorer.js';

/** What became of a batch of events. */
export interface Restored {
  /** Not in Redis before, and now they are. */
  readonly events: number;
  /** In Redis already, counted by the service or by an earlier rebuild. */
  readonly known: number;
  /** Entities that had no state before. */
  readonly entitiesMade: number;
  /** Writes of rings and of tiles. */
  readonly ringWrites: number;
  readonly tileWrites: number;
  readonly declined: number;
  readonly labelled: number;
}

/** What a batch adds to one entity. */
interface Addition {
  readonly ref: EntityRef;
  readonly records: Uint8Array[];
  readonly patches: TilePatch[];
  ttlMs: number;
}

interface Additions {
  readonly rings: readonly Addition[];
  readonly tiles: readonly Addition[];
}

/**
 * Puts events of the log back into Redis while the service counts new ones.
 *
 * The order is what makes it safe to kill: first the tiles, which know batches, then the rings,
 * which know events, and the references last: an event that has one is all there.
 */
export class StateRestorer {
  private readonly patient: PatientLink;
  private readonly tiles: TileRestorer;
  private readonly flusher: TileFlusher;
  private readonly reports: ReportWriter;

  constructor(link: RedisLink, plan: FeaturePlan) {
    this.patient = new PatientLink(link);
    this.tiles = new TileRestorer(link, this.patient);
    this.flusher = new TileFlusher(link);
    this.reports = new ReportWriter(link, this.flusher, plan);
  }

  /** Restores a batch whose events come in the order in which they were decided. */
  async restore(
    events: readonly LoggedEvent[],
    batch: RebuildBatch,
    nowMs: number,
  ): Promise<Restored> {
    const { fresh, known } = await this.sort(events, nowMs);
    const additions = additionsOf(fresh, nowMs);
    const tilesMade = await this.tiles.add(additions.tiles, batch);
    const placed = await this.patient.run(
      additions.rings.map(({ ref, records, ttlMs }) => ringRestoreCommand(ref, records, ttlMs)),
    );
    await this.patient.run(fresh.flatMap((event) => referenceCommands(event, nowMs)));
    await this.report(known.map(lastWord).filter((patch) => patch !== null));
    const ringsMade = placed.filter((reply) => (reply as readonly number[])[1] === 1).length;
    return { ...counted(fresh, known, additions), entitiesMade: tilesMade + ringsMade };
  }

  /** What `restore` would do; reads only. */
  async survey(events: readonly LoggedEvent[], nowMs: number): Promise<Restored> {
    const { fresh, known } = await this.sort(events, nowMs);
    return { ...counted(fresh, known, additionsOf(fresh, nowMs)), entitiesMade: 0 };
  }

  /** Applies reports as the service does; returns how many events were found. */
  async report(patches: readonly EventPatch[]): Promise<number> {
    if (patches.length === 0) return 0;
    const found = await this.reports.write(patches);
    await this.flusher.flush();
    return found;
  }

  close(): Promise<void> {
    return this.flusher.close();
  }

  /** Of a transaction that was decided twice, the first decision is the one that counted. */
  private async sort(
    events: readonly LoggedEvent[],
    nowMs: number,
  ): Promise<{ readonly fresh: LoggedEvent[]; readonly known: LoggedEvent[] }> {
    const isKnown = await knownEvents(this.patient, events, nowMs);
    const fresh: LoggedEvent[] = [];
    const known: LoggedEvent[] = [];
    const seen = new Set<string>();
    events.forEach((event, nth) => {
      const { high, low } = event.request.eventId;
      const id = `${high} ${low}`;
      (isKnown[nth]! || seen.has(id) ? known : fresh).push(event);
      seen.add(id);
    });
    return { fresh, known };
  }
}

function counted(
  fresh: readonly LoggedEvent[],
  known: readonly LoggedEvent[],
  { rings, tiles }: Additions,
): Omit<Restored, 'entitiesMade'> {
  const words = fresh.map(lastWord);
  return {
    events: fresh.length,
    known: known.length,
    ringWrites: rings.length,
    tileWrites: tiles.length,
    declined: words.filter((word) => word?.declined === true).length,
    labelled: words.filter((word) => word?.label !== undefined).length,
  };
}

/** Everything that the events add, by entity. */
function additionsOf(events: readonly LoggedEvent[], nowMs: number): Additions {
  const rings = new Map<string, Addition>();
  const tiles = new Map<string, Addition>();
  for (const logged of events) {
    const flags = flagsOf(logged);
    const patch = tilePatchOf(logged.request.eventTimeMs, 0, flags);
    for (const { event, ttlMs } of livingEntities(logged, nowMs)) {
      const { entity, key, record } = event;
      record[FLAGS_OFFSET] = flags;
      const additions = entity.tiles === null ? rings : tiles;
      const name = entityKey(event);
      let addition = additions.get(name);
      if (addition === undefined) {
        addition = { ref: { entity, key }, records: [], patches: [], ttlMs };
        additions.set(name, addition);
      }
      addition.records.push(record);
      if (patch !== null) addition.patches.push(patch);
      addition.ttlMs = Math.max(addition.ttlMs, ttlMs);
    }
  }
  return { rings: [...rings.values()], tiles: [...tiles.values()] };
}

function referenceCommands({ request, patches }: LoggedEvent, nowMs: number): RedisCommand[] {
  const event = { request, patches };
  const ttlMs = referenceTtlMs(event, nowMs);
  if (ttlMs === 0) return [];
  const { eventId, eventTimeMs } = request;
  const entities = request.entities.filter(({ entity }) => entity.learnsLater);
  const flags = flagsOf(event);
  return [referenceRestoreCommand({ eventId, eventTimeMs, entities, flags, ttlMs })];
}
