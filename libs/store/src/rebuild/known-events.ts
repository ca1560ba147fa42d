import { findEvent } from '#features/event-record.js';
import { readRing } from '#features/ring.js';
import type { EntityEvent } from '#features/state-request.js';
import { readCommand, referenceExistsCommand } from '../redis-commands.js';
import { reachedEntities, referenceTtlMs, type LoggedEvent } from './logged-event.js';
import type { PatientLink } from './patient-link.js';

/** What Redis knows of an event of the log. */
export type Trace =
  /** It has its reference: all of it is there. */
  | 'referenced'
  /** It should have a reference and has none: nothing of it is there. */
  | 'absent'
  /** It has no reference by now, or never had one; whether a ring holds it. */
  | 'in_ring'
  | 'in_no_ring';

/**
 * Looks for events in Redis: those that the service counted since the loss, and those that were
 * rebuilt already.
 *
 * Tiles know no single events. But what was counted in them left a reference; where the catalogue
 * keeps none, the rings tell, as long as they hold the event.
 */
export async function tracesOf(
  link: PatientLink,
  events: readonly LoggedEvent[],
  nowMs: number,
): Promise<readonly Trace[]> {
  const lookups = events.map((event) => {
    const hasReference = referenceTtlMs(event, nowMs) > 0;
    const rings = hasReference ? [] : ringsOf(event, nowMs);
    const { eventId } = event.request;
    const commands = hasReference ? [referenceExistsCommand(eventId)] : rings.map(readCommand);
    return { eventId, hasReference, rings, commands };
  });
  const values = await link.run(lookups.flatMap(({ commands }) => commands));
  let at = 0;
  return lookups.map(({ eventId, hasReference, rings, commands }): Trace => {
    const own = values.slice(at, (at += commands.length));
    if (hasReference) return own[0] === 1 ? 'referenced' : 'absent';
    const isHeld = rings.some(({ entity }, nth) => {
      const stored = own[nth] as Buffer | null;
      const read = stored === null ? null : readRing(stored, entity.layout);
      return read?.kind === 'ring' && findEvent(read.ring, entity.layout.size, eventId) >= 0;
    });
    return isHeld ? 'in_ring' : 'in_no_ring';
  });
}

function ringsOf(event: LoggedEvent, nowMs: number): readonly EntityEvent[] {
  return reachedEntities(event, nowMs)
    .map((reached) => reached.event)
    .filter(({ entity }) => entity.tiles === null);
}
