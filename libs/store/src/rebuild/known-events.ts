import { findEvent } from '#features/event-record.js';
import { readRing } from '#features/ring.js';
import { readCommand, referenceExistsCommand } from '../redis-commands.js';
import { livingEntities, referenceTtlMs, type LoggedEvent } from './logged-event.js';
import type { PatientLink } from './patient-link.js';

/**
 * Which events Redis knows: those that the service counted since the loss, and those that were
 * rebuilt already.
 *
 * Tiles know no single events. But what was counted in tiles left its reference, for longer than it
 * matters; where the catalogue keeps none, the rings tell, as long as they hold the event.
 */
export async function knownEvents(
  link: PatientLink,
  events: readonly LoggedEvent[],
  nowMs: number,
): Promise<readonly boolean[]> {
  const lookups = events.map((event) =>
    referenceTtlMs(event, nowMs) > 0
      ? [referenceExistsCommand(event.request.eventId)]
      : ringsOf(event, nowMs).map(readCommand),
  );
  const values = await link.run(lookups.flat());
  let at = 0;
  return events.map((event, nth) => {
    const own = values.slice(at, (at += lookups[nth]!.length));
    if (referenceTtlMs(event, nowMs) > 0) return own[0] === 1;
    return ringsOf(event, nowMs).some(({ entity }, place) => {
      const stored = own[place] as Buffer | null;
      if (stored === null) return false;
      const read = readRing(stored, entity.layout);
      if (read.kind === 'foreign') return false;
      return findEvent(read.ring, entity.layout.size, event.request.eventId) >= 0;
    });
  });
}

function ringsOf(event: LoggedEvent, nowMs: number) {
  return livingEntities(event, nowMs)
    .map((living) => living.event)
    .filter(({ entity }) => entity.tiles === null);
}
