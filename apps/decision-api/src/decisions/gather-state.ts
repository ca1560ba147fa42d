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
    const degradation = states.includes(null)
      ? degrade(notDegraded, 'request_only', 'STATE_UNAVAILABLE')
      : notDegraded;
    return { claim, states, degradation };
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
