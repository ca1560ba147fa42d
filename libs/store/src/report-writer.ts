import type { EventPatch } from '#features/feature-store.js';
import type { EntityPlan, FeaturePlan } from '#features/feature-plan.js';
import type { EntityRef } from '#features/state-request.js';
import { referencePatchCommand, referenceReadCommand, ringPatchCommand } from './redis-commands.js';
import { decodeReference, type DecodedReference } from './redis-keys.js';
import type { RedisCommand, RedisLink, RedisReply } from './redis-link.js';
import { flagChangeOf, tilePatchOf, type FlagChange } from './report-flags.js';
import type { TileFlusher } from './tile-flusher.js';

const TIMEOUT_MS = 1_000;
/** Reports written in one go: two round trips for each so many. */
const BATCH = 128;

interface Report {
  readonly patch: EventPatch;
  readonly change: FlagChange;
  readonly reference: DecodedReference;
  readonly refs: readonly EntityRef[];
}

/**
 * Applies labels and outcomes to the events they are about.
 *
 * First the references are read; then, in one round trip, the flags in the rings and in the
 * reference are changed. Rings take a change twice without harm. Tiles only count, so the flags
 * that the reference had before tell what the change is worth to them.
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
   * Returns how many of the events were known; throws a StoreError when Redis did not take them
   * all.
   */
  async write(patches: readonly EventPatch[]): Promise<number> {
    let found = 0;
    for (let first = 0; first < patches.length; first += BATCH) {
      found += await this.writeBatch(patches.slice(first, first + BATCH));
    }
    return found;
  }

  private async writeBatch(patches: readonly EventPatch[]): Promise<number> {
    const reads = patches.map((patch) => referenceReadCommand(patch.eventId));
    const references = await this.execute(reads);
    const reports = patches.flatMap((patch, index): Report[] => {
      const stored = references[index] as Buffer | null;
      if (stored === null) return [];
      const reference = decodeReference(stored);
      const refs = reference.entities.flatMap(({ name, key }) => {
        const entity = this.entities.get(name);
        return entity === undefined ? [] : [{ entity, key }];
      });
      return [{ patch, change: flagChangeOf(patch), reference, refs }];
    });
    const commands = reports.flatMap(commandsOf);
    const values = await this.execute(commands);
    let at = 0;
    for (const report of reports) {
      const before = values[at];
      at += commandsOf(report).length;
      // Null: it expired since it was read.
      if (typeof before === 'number') this.patchTiles(report, before);
    }
    return reports.length;
  }

  private patchTiles({ change, reference, refs }: Report, before: number): void {
    const after = (before & ~change.clear) | change.set;
    const tilePatch = tilePatchOf(reference.timeMs, before, after);
    if (tilePatch === null) return;
    for (const ref of refs) if (ref.entity.tiles !== null) this.flusher.patch(ref, tilePatch);
  }

  private async execute(commands: readonly RedisCommand[]): Promise<readonly unknown[]> {
    if (commands.length === 0) return [];
    const replies: readonly RedisReply[] = await this.link.execute(commands, TIMEOUT_MS);
    return replies.map((reply) => {
      if (!reply.ok) throw reply.error;
      return reply.value;
    });
  }
}

function commandsOf({ patch, change, refs }: Report): RedisCommand[] {
  const rings = refs.filter((ref) => ref.entity.tiles === null);
  return [
    referencePatchCommand(patch.eventId, change),
    ...rings.map((ref) => ringPatchCommand(ref, patch.eventId, change)),
  ];
}

function byName(plan: FeaturePlan): ReadonlyMap<string, EntityPlan> {
  return new Map(plan.entities.map((entity) => [entity.name, entity]));
}
