import type { EntityPlan } from '#features/feature-plan.js';
import type { EventPatch, StateRequest } from '#features/feature-store.js';
import type { EntityEvent } from '#features/state-request.js';
import { withReport, type EventReports } from '../report-flags.js';

/** An event out of the log, on its way back into Redis. */
export interface LoggedEvent {
  /** As the service counted it first; its `nowMs` says when: times to live count from there. */
  readonly request: StateRequest;
  /** What became known of it, in that order. */
  readonly patches: readonly EventPatch[];
}

/** What is known of the event by now. */
export function reportsOf({ patches }: LoggedEvent): EventReports {
  return patches.reduce<EventReports>(withReport, { flags: 0, labels: [] });
}

/**
 * How long an event can be in a window of its entity. Tiles are counted as long as a part of them
 * is inside, so an event is in them for longer than the entity's state lives without a new one.
 */
export function reachMs({ tiles, horizonMs }: EntityPlan): number {
  return tiles === null ? horizonMs : Math.max(...tiles.series.map(({ keepMs }) => keepMs));
}

/** Those of its entities in whose windows the event can be, and how long their state would live. */
export function reachedEntities(
  { request }: LoggedEvent,
  nowMs: number,
): readonly { readonly event: EntityEvent; readonly ttlMs: number }[] {
  const ageMs = Math.floor(nowMs - request.nowMs);
  return request.entities
    .filter(({ entity }) => ageMs < reachMs(entity))
    .map((event) => ({ event, ttlMs: event.entity.horizonMs - ageMs }));
}

/** How long the service's reference to the event still lives; 0 where it has none any more. */
export function referenceTtlMs({ request }: LoggedEvent, nowMs: number): number {
  const learning = request.entities.filter(({ entity }) => entity.learnsLater);
  const horizonMs = Math.max(0, ...learning.map(({ entity }) => entity.horizonMs));
  return horizonMs === 0 ? 0 : Math.max(0, horizonMs - Math.floor(nowMs - request.nowMs));
}
