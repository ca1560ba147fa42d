import type { EventId } from '#features/event-id.js';
import type { EventPatch } from '#features/feature-store.js';
import type { EntityPlan, FeaturePlan } from '#features/feature-plan.js';
import type { EntityRef } from '#features/state-request.js';
import {
  referenceReadCommand,
  referenceReplaceCommand,
  ringPatchCommand,
} from './redis-commands.js';
import {
  changedReference,
  decodeReference,
  referenceKey,
  type DecodedReference,
} from './redis-keys.js';
import type { RedisCommand, RedisLink, RedisReply } from './redis-link.js';
import { flagChangeTo, tilePatchOf, withReport } from './report-flags.js';
import { StoreError } from './store-error.js';
import type { TileFlusher } from './tile-flusher.js';

const TIMEOUT_MS = 1_000;
/** Events written in one go: two round trips for each so many. */
const BATCH = 128;
/** Times that another process may report on the same event in the middle of a report. */
const CONFLICTS_MAX = 5;
const REPLACED = 1;
const CONFLICT = 0;

/** The reports on one event. */
interface EventReports {
  readonly eventId: EventId;
  readonly patches: readonly EventPatch[];
}

/** What one event is to become. */
interface Change {
  readonly reports: EventReports;
  readonly before: DecodedReference;
  readonly flags: number;
  readonly commands: readonly RedisCommand[];
  readonly refs: readonly EntityRef[];
}

/**
 * Applies labels and outcomes to the events they are about.
 *
 * First the references are read, which hold all that was reported of an event; then, in one round
 * trip, they are replaced, unless another report came between, and the flags in the rings follow.
 * Rings take a change twice without harm. Tiles only count, so the flags that the reference had
 * before tell what the change is worth to them.
 */
export class ReportWriter {
  private entities: ReadonlyMap<string, EntityPlan>;

  constructor(
    private readonly link: RedisLink,
    private readonly flusher: TileFlusher,
    plan: FeaturePlan,
  ) {
    this.entities = byName(plan);
  }

  usePlan(plan: FeaturePlan): void {
    this.entities = byName(plan);
  }

  /**
   * Returns how many of the reports were on events that are known; throws a StoreError when Redis
   * did not take them all.
   */
  async write(patches: readonly EventPatch[]): Promise<number> {
    const events = byEvent(patches);
    let found = 0;
    for (let first = 0; first < events.length; first += BATCH) {
      found += await this.writeBatch(events.slice(first, first + BATCH));
    }
    return found;
  }

  private async writeBatch(events: readonly EventReports[]): Promise<number> {
    let found = 0;
    let open = events;
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (attempt === CONFLICTS_MAX)
        throw new StoreError('unavailable', 'others report on the same event');
      const again: EventReports[] = [];
      for (const { reports, outcome } of await this.attempt(open)) {
        if (outcome === CONFLICT) again.push(reports);
        else if (outcome === REPLACED) found += reports.patches.length;
      }
      open = again;
    }
    return found;
  }

  private async attempt(
    events: readonly EventReports[],
  ): Promise<readonly { readonly reports: EventReports; readonly outcome: unknown }[]> {
    const reads = events.map(({ eventId }) => referenceReadCommand(eventId));
    const references = valuesOf(await this.link.execute(reads, TIMEOUT_MS));
    const changes = events.flatMap((reports, index): Change[] => {
      const stored = references[index] as Buffer | null;
      return stored === null ? [] : [this.changeOf(reports, stored)];
    });
    if (changes.length === 0) return [];
    const commands = changes.flatMap((change) => change.commands);
    const replies = await this.link.execute(commands, TIMEOUT_MS);
    let at = 0;
    for (const change of changes) {
      const reply = replies[at]!;
      at += change.commands.length;
      // Before anything can fail: the reference will not tell a second time.
      if (reply.ok && reply.value === REPLACED) this.patchTiles(change);
    }
    const values = valuesOf(replies);
    at = 0;
    return changes.map(({ reports, commands: own }) => {
      const outcome = values[at];
      at += own.length;
      return { reports, outcome };
    });
  }

  private changeOf(reports: EventReports, stored: Buffer): Change {
    const { eventId, patches } = reports;
    const before = decodeReference(stored);
    const after = patches.reduce(withReport, before);
    const refs = before.entities.flatMap(({ name, key }) => {
      const entity = this.entities.get(name);
      return entity === undefined ? [] : [{ entity, key }];
    });
    const changed = changedReference(stored, before.entitiesEnd, after);
    const rings = refs.filter((ref) => ref.entity.tiles === null);
    const commands = [
      referenceReplaceCommand(eventId, stored, changed),
      ...rings.map((ref) => ringPatchCommand(ref, eventId, flagChangeTo(after.flags))),
    ];
    return { reports, before, flags: after.flags, commands, refs };
  }

  private patchTiles({ before, flags, refs }: Change): void {
    const tilePatch = tilePatchOf(before.timeMs, before.flags, flags);
    if (tilePatch === null) return;
    for (const ref of refs) if (ref.entity.tiles !== null) this.flusher.patch(ref, tilePatch);
  }
}

function byEvent(patches: readonly EventPatch[]): EventReports[] {
  const events = new Map<string, { eventId: EventId; patches: EventPatch[] }>();
  for (const patch of patches) {
    const key = referenceKey(patch.eventId);
    const known = events.get(key);
    if (known === undefined) events.set(key, { eventId: patch.eventId, patches: [patch] });
    else known.patches.push(patch);
  }
  return [...events.values()];
}

function valuesOf(replies: readonly RedisReply[]): readonly unknown[] {
  return replies.map((reply) => {
    if (!reply.ok) throw reply.error;
    return reply.value;
  });
}

function byName(plan: FeaturePlan): ReadonlyMap<string, EntityPlan> {
  return new Map(plan.entities.map((entity) => [entity.name, entity]));
}
