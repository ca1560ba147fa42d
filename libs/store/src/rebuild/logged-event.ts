import type { EventPatch, StateRequest } from '#features/feature-store.js';
import type { EntityEvent } from '#features/state-request.js';
import { flagChangeOf } from '../report-flags.js';

/** An event out of the log, on its way back into Redis. */
export interface LoggedEvent {
  /** As the service counted it first; its `nowMs` says when: times to live count from there. */
  readonly request: StateRequest;
  /** What became known of it, in that order. */
  readonly patches: readonly EventPatch[];
}

/** The flags of the event's records by now. */
export function flagsOf({ patches }: LoggedEvent): number {
  let flags = 0;
  for (const patch of patches) {
    const { clear, set } = flagChangeOf(patch);
    flags = (flags & ~clear) | set;
  }
  return flags;
}

/** All reports about the event in one, the last word of each; null where there is none. */
export function lastWord({ patches }: LoggedEvent): EventPatch | null {
  return patches.length === 0 ? null : Object.assign({}, ...patches);
}

/** Those of its entities in whose windows the event can still be, with what is left of its life. */
export function livingEntities(
  { request }: LoggedEvent,
  nowMs: number,
): readonly { readonly event: EntityEvent; readonly ttlMs: number }[] {
  return request.entities
    .map((event) => ({ event, ttlMs: request.nowMs + event.entity.horizonMs - nowMs }))
    .filter(({ ttlMs }) => ttlMs > 0);
}

/** How long the service's reference to the event still lives; 0 where it has none any more. */
export function referenceTtlMs({ request }: LoggedEvent, nowMs: number): number {
  const learning = request.entities.filter(({ entity }) => entity.learnsLater);
  const horizonMs = Math.max(0, ...learning.map(({ entity }) => entity.horizonMs));
  return horizonMs === 0 ? 0 : Math.max(0, request.nowMs + horizonMs - nowMs);
}
