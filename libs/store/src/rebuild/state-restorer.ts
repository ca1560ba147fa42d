import { setTimeout as sleep } from 'node:timers/promises';
import { eventIdHex } from '#features/event-id.js';
import { LABEL_FLAGS } from '#features/event-labels.js';
import { FLAG_DECLINED, FLAGS_OFFSET } from '#features/event-record.js';
import type { EventPatch } from '#features/feature-store.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { EntityRef } from '#features/state-request.js';
import type { TilePatch } from '#features/tile-set.js';
import { referenceRestoreCommand, ringRestoreCommand } from '../redis-commands.js';
import { entityKey } from '../redis-keys.js';
import type { RedisCommand, RedisLink } from '../redis-link.js';
import { tilePatchOf } from '../report-flags.js';
import { ReportWriter } from '../report-writer.js';
import { StoreError } from '../store-error.js';
import { TileFlusher } from '../tile-flusher.js';
import { tracesOf } from './known-events.js';
import { reachedEntities, referenceTtlMs, reportsOf, type LoggedEvent } from './logged-event.js';
import { PatientLink } from './patient-link.js';
import { TileRestorer, type RebuildBatch } from './tile-restorer.js';

const REPORT_ATTEMPTS_MAX = 20;
const REPORT_PAUSE_MS = 1_000;

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

interface FreshEvent {
  readonly logged: LoggedEvent;
  /** Whether the tiles have it already. */
  readonly isCounted: boolean;
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
    const { fresh, known } = await this.sort(events, batch, nowMs);
    const additions = additionsOf(fresh, nowMs);
    const tilesMade = await this.tiles.add(additions.tiles, batch);
    const placed = await this.patient.run(
      additions.rings.map(({ ref, records, ttlMs }) => ringRestoreCommand(ref, records, ttlMs)),
    );
    await this.patient.run(fresh.flatMap(({ logged }) => referenceCommands(logged, nowMs)));
    await this.report(known.flatMap(({ patches }) => patches));
    const ringsMade = placed.filter((reply) => (reply as readonly number[])[1] === 1).length;
    return { ...counted(fresh, known, additions), entitiesMade: tilesMade + ringsMade };
  }

  /** What `restore` would do; reads only. */
  async survey(
    events: readonly LoggedEvent[],
    batch: RebuildBatch,
    nowMs: number,
  ): Promise<Restored> {
    const { fresh, known } = await this.sort(events, batch, nowMs);
    return { ...counted(fresh, known, additionsOf(fresh, nowMs)), entitiesMade: 0 };
  }

  /** Applies reports as the service does; returns how many events were found. */
  async report(patches: readonly EventPatch[]): Promise<number> {
    if (patches.length === 0) return 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const found = await this.reports.write(patches);
        await this.flusher.flush();
        return found;
      } catch (error) {
        if (!(error instanceof StoreError) || attempt === REPORT_ATTEMPTS_MAX) throw error;
        await sleep(REPORT_PAUSE_MS);
      }
    }
  }

  close(): Promise<void> {
    return this.flusher.close();
  }

  /** Of a transaction that was decided twice, the first decision is the one that counted. */
  private async sort(
    events: readonly LoggedEvent[],
    { isAgain }: RebuildBatch,
    nowMs: number,
  ): Promise<{ readonly fresh: readonly FreshEvent[]; readonly known: readonly LoggedEvent[] }> {
    const traces = await tracesOf(this.patient, events, nowMs);
    const fresh: FreshEvent[] = [];
    const known: LoggedEvent[] = [];
    const seen = new Set<string>();
    events.forEach((logged, nth) => {
      const id = eventIdHex(logged.request.eventId);
      const trace = traces[nth]!;
      if (trace === 'referenced' || seen.has(id)) known.push(logged);
      // Of an event without a trace only the first time through tells that it was not counted.
      else
        fresh.push({ logged, isCounted: trace !== 'absent' && (isAgain || trace === 'in_ring') });
      seen.add(id);
    });
    return { fresh, known };
  }
}

function counted(
  fresh: readonly FreshEvent[],
  known: readonly LoggedEvent[],
  { rings, tiles }: Additions,
): Omit<Restored, 'entitiesMade'> {
  const flags = fresh.map(({ logged }) => reportsOf(logged).flags);
  return {
    events: fresh.length,
    known: known.length,
    ringWrites: rings.length,
    tileWrites: tiles.length,
    declined: flags.filter((flag) => (flag & FLAG_DECLINED) !== 0).length,
    labelled: flags.filter((flag) => (flag & LABEL_FLAGS) !== 0).length,
  };
}

/** Everything that the events add, by entity. */
function additionsOf(events: readonly FreshEvent[], nowMs: number): Additions {
  const rings = new Map<string, Addition>();
  const tiles = new Map<string, Addition>();
  for (const { logged, isCounted } of events) {
    const { flags } = reportsOf(logged);
    const patch = tilePatchOf(logged.request.eventTimeMs, 0, flags);
    for (const { event, ttlMs } of reachedEntities(logged, nowMs)) {
      const { entity, key, record } = event;
      if (entity.tiles !== null && isCounted) continue;
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

function referenceCommands(logged: LoggedEvent, nowMs: number): RedisCommand[] {
  const ttlMs = referenceTtlMs(logged, nowMs);
  if (ttlMs === 0) return [];
  const { eventId, eventTimeMs } = logged.request;
  const entities = logged.request.entities.filter(({ entity }) => entity.learnsLater);
  const reports = reportsOf(logged);
  return [referenceRestoreCommand({ eventId, eventTimeMs, entities, reports, ttlMs })];
}
