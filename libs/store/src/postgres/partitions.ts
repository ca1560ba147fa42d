import type { Pool } from 'pg';

const MS_PER_DAY = 86_400_000;
const PARTITIONED = ['decisions', 'rule_hits', 'exposures', 'shadow_decisions'] as const;
/** Made ahead, so that midnight is like any other minute. */
const DAYS_AHEAD = 3;

/** Days since 1970-01-01, UTC. */
export type Day = number;

export function dayOf(timeMs: number): Day {
  return Math.floor(timeMs / MS_PER_DAY);
}

/** `2026-11-23` */
function dateOf(day: Day): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}

/** Names of one table are in the order of their days. */
export function partitionName(table: string, day: Day): string {
  return `${table}_${dateOf(day).replaceAll('-', '')}`;
}

/** Daily partitions of the log: made when they are needed or soon will be, dropped when too old. */
export class Partitions {
  private readonly known = new Set<Day>();

  constructor(private readonly pool: Pool) {}

  /** Makes the partitions of these days where they are missing. */
  async provide(days: Iterable<Day>): Promise<void> {
    for (const day of new Set(days)) {
      if (this.known.has(day)) continue;
      for (const table of PARTITIONED) {
        const name = partitionName(table, day);
        await this.pool.query(
          `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table}
           FOR VALUES FROM ('${dateOf(day)}T00:00:00Z') TO ('${dateOf(day + 1)}T00:00:00Z')`,
        );
      }
      this.known.add(day);
    }
  }

  /** Those of today and the next days. */
  async provideAhead(nowMs: number): Promise<void> {
    const today = dayOf(nowMs);
    await this.provide(Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) => today + ahead));
  }

  /**
   * Drops the partitions of days that ended longer ago than this.
   *
   * @returns The names of the dropped partitions.
   */
  async drop(nowMs: number, retentionDays: number): Promise<string[]> {
    const oldest = dayOf(nowMs) - retentionDays;
    const { rows } = await this.pool.query<{ name: string }>(
      `SELECT child.relname AS name FROM pg_inherits
       JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
       WHERE parent.relname = ANY($1)`,
      [[...PARTITIONED]],
    );
    const expired = rows.map(({ name }) => name).filter((name) => dayOfPartition(name) < oldest);
    for (const name of expired) {
      await this.pool.query(`DROP TABLE IF EXISTS "${name}"`);
      this.known.delete(dayOfPartition(name));
    }
    return expired;
  }
}

function dayOfPartition(name: string): Day {
  const [, year, month, day] = /_(\d{4})(\d{2})(\d{2})$/.exec(name) ?? [];
  return dayOf(Date.UTC(Number(year), Number(month) - 1, Number(day)));
}
