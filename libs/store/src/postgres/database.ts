import 'reflect-metadata';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { controlPlaneEntities } from './control-plane.entities.js';
import { LogPosition } from './log-position.entity.js';
import { DecisionLog1795400000000 } from './migrations/1795400000000-decision-log.js';
import { ControlPlane1795500000000 } from './migrations/1795500000000-control-plane.js';
import { LabelsAndTallies1795600000000 } from './migrations/1795600000000-labels-and-tallies.js';
import { ExposureFacts1795700000000 } from './migrations/1795700000000-exposure-facts.js';
import { LightCompression1795900000000 } from './migrations/1795900000000-light-compression.js';

/** Any number that no other program uses on this database. */
const MIGRATION_LOCK = 7_310_664_001;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;

export interface DatabaseOptions {
  /** `postgres://` URL; PostgreSQL 15 or newer, or PGlite behind its socket server. */
  readonly url: string;
  /** Most connections at once. */
  readonly connectionsMax: number;
  /** An idle connection was lost; the pool makes a new one when it is needed. */
  readonly onConnectionLost: (error: Error) => void;
}

/** The control plane's database, with its tables as this version needs them. */
export class Database {
  private constructor(
    /** Entities and migrations: everything but the log. */
    readonly source: DataSource,
    /** For the log, whose batches no mapper should slow down; the same connections. */
    readonly pool: Pool,
  ) {}

  /** Connects and migrates. Rejects when the database cannot be reached: ask again later. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const source = new DataSource({
      type: 'postgres',
      url: options.url,
      entities: [LogPosition, ...controlPlaneEntities],
      migrations: [
        DecisionLog1795400000000,
        ControlPlane1795500000000,
        LabelsAndTallies1795600000000,
        ExposureFacts1795700000000,
        LightCompression1795900000000,
      ],
      migrationsTableName: 'migrations',
      synchronize: false,
      poolSize: options.connectionsMax,
      poolErrorHandler: options.onConnectionLost,
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      extra: { statement_timeout: STATEMENT_TIMEOUT_MS },
    });
    await source.initialize();
    const pool = (source.driver as unknown as { readonly master: Pool }).master;
    const database = new Database(source, pool);
    try {
      await database.migrate();
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  async ping(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }

  /**
   * One process migrates, others that start beside it wait. Not on PGlite, whose clients are all
   * one session: there `standalone` starts one service after the other.
   */
  private async migrate(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      try {
        await this.source.runMigrations({ transaction: 'all' });
      } finally {
        await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      }
    } finally {
      client.release();
    }
  }
}
