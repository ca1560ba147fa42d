import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from 'typeorm';
import type { TrafficPlan } from '#contracts/traffic-plan.js';
import { PUBLISHED_CHANNEL } from './control-feed.js';
import { AuditRow, PublicationRow } from './control-plane.entities.js';
import type { Database } from './database.js';

/** Any number that no other lock of this database has. */
const CHANGE_LOCK = 7_310_664_002;

/** Who changes what, and why; kept for good. */
export interface Change {
  /** The id of an API key, or `tollgate` for what it does by itself. */
  readonly who: string;
  readonly action: string;
  /** What is changed: `experiment new-model`. */
  readonly subject: string;
  readonly reason: string;
  readonly detail?: unknown;
}

/** Makes the plan out of what the tables say; throws what the caller is to be told. */
export type ComposePlan = (manager: EntityManager) => Promise<TrafficPlan>;

/**
 * Changes what decides. One change at a time, whole: the rows, the plan that follows from them, its
 * publication and the entry in the audit are one transaction, so a plan that is refused leaves no
 * trace.
 */
export class ControlPlane {
  constructor(
    private readonly database: Database,
    private readonly compose: ComposePlan,
  ) {}

  get manager(): EntityManager {
    return this.database.source.manager;
  }

  /** @returns What the work returned, and the version that is in force after it; null: none yet. */
  change<T>(
    change: Change,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<{ readonly value: T; readonly version: number | null }> {
    return this.manager.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [CHANGE_LOCK]);
      const value = await work(manager);
      const version = await this.publish(manager, change);
      const { who, action, subject, detail = null } = change;
      await manager.insert(AuditRow, {
        who,
        action,
        subject,
        detail: { reason: change.reason, detail },
      });
      return { value, version };
    });
  }

  /** The newest publication; null where nothing was published yet. */
  current(manager: EntityManager = this.manager): Promise<PublicationRow | null> {
    return manager.findOne(PublicationRow, { where: {}, order: { version: 'DESC' } });
  }

  /** A new version where the plan is another than before. */
  private async publish(manager: EntityManager, change: Change): Promise<number | null> {
    const plan = await this.compose(manager);
    const last = await this.current(manager);
    if (last !== null && isDeepStrictEqual(last.plan, plan)) return last.version;
    const version = (last?.version ?? 0) + 1;
    await manager.insert(PublicationRow, {
      version,
      publishedBy: change.who,
      reason: `${change.action} ${change.subject}: ${change.reason}`,
      plan,
    });
    await manager.query('SELECT pg_notify($1, $2)', [PUBLISHED_CHANNEL, String(version)]);
    return version;
  }
}
