import type { EventId } from './event-id.js';
import type { EventLabel } from './event-labels.js';
import type { EntityEvent, EntityRef } from './state-request.js';
import type { EntityState } from './vector.js';

/** The right to answer one idempotency key. */
export interface IdempotencyClaim {
  /** Hashed already. */
  readonly key: string;
  readonly bodyHash: string;
  /** How long an unanswered claim holds: after that, the process that took it is taken for dead. */
  readonly leaseMs: number;
}

/** The reply that repeats of a key get from now on. */
export interface AnsweredClaim {
  readonly claim: IdempotencyClaim;
  readonly reply: string;
  readonly ttlSeconds: number;
}

export type ClaimResult =
  | { readonly kind: 'claimed' }
  /** Answered before: the stored reply, verbatim. */
  | { readonly kind: 'completed'; readonly reply: string }
  | { readonly kind: 'in_flight' }
  /** The same key with another body. */
  | { readonly kind: 'conflict' };

export interface StateRequest {
  readonly claim: IdempotencyClaim | null;
  /** The server's clock, epoch ms: leases and times to live count from it, windows never. */
  readonly nowMs: number;
  readonly eventId: EventId;
  readonly eventTimeMs: number;
  readonly entities: readonly EntityEvent[];
  /** False for a dry run: read, and change nothing. */
  readonly append: boolean;
  /** How long to wait before giving up; the store's own bound where absent. */
  readonly timeoutMs?: number;
}

export interface StateReply {
  readonly claim: ClaimResult | null;
  /** In the order of the request's entities. Null = this entity's state could not be had. */
  readonly states: readonly (EntityState | null)[];
}

/** A label or an outcome that became known later. Absent fields change nothing. */
export interface EventPatch {
  readonly eventId: EventId;
  readonly label?: EventLabel;
  readonly declined?: boolean;
}

export interface StoreCounters {
  /** Events older than the horizon of their entity: not counted. */
  readonly lateDropped: number;
  /** Stored states of another layout, read as empty. */
  readonly foreignStates: number;
  /** Writes given up because their bounded buffer was full. */
  readonly writesDropped: number;
}

/** The contract of both stores; one conformance suite holds them to it. */
export interface FeatureStore {
  readonly kind: 'redis' | 'redis-cluster' | 'memory';
  /**
   * Claims the key and, per entity, reads its state and appends the event, in one round trip.
   *
   * Appending is idempotent by event id. Where the claim is not granted, what was appended is taken
   * out again.
   * @throws StoreError when the state cannot be had in time.
   */
  readAndAppend(request: StateRequest): Promise<StateReply>;
  /**
   * Recently seen states with local appends, for when the store is away; null = nothing known of
   * any entity.
   */
  readCached(request: StateRequest): readonly (EntityState | null)[] | null;
  /** Stores replies; when it rejects, some may be stored, and all may be stored again. */
  complete(answered: readonly AnsweredClaim[]): Promise<void>;
  /** Gives up an unanswered claim, so that a retry may have it. */
  release(claim: IdempotencyClaim): Promise<void>;
  /** Takes an event out of its entities again. */
  retract(entities: readonly EntityEvent[], eventId: EventId): Promise<void>;
  /** Applies labels and outcomes; returns how many of the events were found. */
  patch(patches: readonly EventPatch[]): Promise<number>;
  counters(): StoreCounters;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What a store remembers of a transaction, so that later reports find its entities. */
export interface EventReference {
  readonly timeMs: number;
  readonly flags: number;
  readonly labels: readonly EventLabel[];
  readonly entities: readonly EntityRef[];
}
