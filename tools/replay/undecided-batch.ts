import type { PreparedTransaction } from '#engine/prepare.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { Counted } from './offline-engine.js';

const BATCH_MAX = 256;

/**
 * Payments that wait for their scores, which come many at a time. A payment may only join while
 * none of its entities waits for a decision that its features could depend on: a decline changes
 * the entity's share of declines.
 */
export class UndecidedBatch {
  private waiting: Counted[] = [];
  private readonly keys = new Set<string>();
  private readonly entitiesWithDeclines: readonly boolean[];

  constructor(plan: FeaturePlan) {
    this.entitiesWithDeclines = plan.entities.map(({ outputs }) =>
      outputs.some(
        ({ reading }) =>
          reading.aggregate === 'decline_count' || reading.aggregate === 'decline_share',
      ),
    );
  }

  get size(): number {
    return this.waiting.length;
  }

  get isFull(): boolean {
    return this.waiting.length >= BATCH_MAX;
  }

  /** Whether a decision that is still to come could change the features of this payment. */
  concerns(prepared: PreparedTransaction): boolean {
    return this.keysOf(prepared).some((key) => this.keys.has(key));
  }

  add(counted: Counted): void {
    this.waiting.push(counted);
    for (const key of this.keysOf(counted.prepared)) this.keys.add(key);
  }

  /** Takes them all out. */
  take(): readonly Counted[] {
    const taken = this.waiting;
    this.waiting = [];
    this.keys.clear();
    return taken;
  }

  private keysOf({ entities }: PreparedTransaction): readonly string[] {
    return entities
      .filter(({ entity }) => this.entitiesWithDeclines[entity.index] === true)
      .map(({ entity, key }) => `${entity.index}/${key}`);
  }
}
