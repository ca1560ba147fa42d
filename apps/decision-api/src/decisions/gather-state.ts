import { degrade, notDegraded, type Degradation } from '#decision/degradation.js';
import type { ClaimResult, FeatureStore, StateRequest } from '#features/feature-store.js';
import type { EntityState } from '#features/vector.js';
import { StoreError, type StoreErrorKind } from '#store/store-error.js';

export interface GatheredState {
  /** Null when the store could not say: the claim in memory then has to do. */
  readonly claim: ClaimResult | null;
  /** Empty when nothing is known of any entity. */
  readonly states: readonly (EntityState | null)[];
  readonly degradation: Degradation;
}

/**
 * Reads and counts in one round trip; when the store fails, steps down: states seen shortly before,
 * else none. What the store could not count it counts later by itself.
 */
export async function gatherState(
  store: FeatureStore,
  request: StateRequest,
  onError: (kind: StoreErrorKind) => void,
): Promise<GatheredState> {
  try {
    const { claim, states } = await store.readAndAppend(request);
    if (!states.includes(null)) return { claim, states, degradation: notDegraded };
    return { claim, ...completed(states, store.readCached(request)) };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    onError(error.kind);
    const cause = error.kind === 'timeout' ? 'STATE_TIMEOUT' : 'STATE_UNAVAILABLE';
    const cached = store.readCached(request);
    return {
      claim: null,
      states: cached ?? [],
      degradation: degrade(
        notDegraded,
        cached === null ? 'request_only' : 'cached_features',
        cause,
      ),
    };
  }
}

/** What a part of the store could not say, a node of a cluster for instance, as seen before. */
function completed(
  states: readonly (EntityState | null)[],
  cached: readonly (EntityState | null)[] | null,
): Omit<GatheredState, 'claim'> {
  const known = states.map((state, index) => state ?? cached?.[index] ?? null);
  const level = known.includes(null) ? 'request_only' : 'cached_features';
  return { states: known, degradation: degrade(notDegraded, level, 'STATE_UNAVAILABLE') };
}
