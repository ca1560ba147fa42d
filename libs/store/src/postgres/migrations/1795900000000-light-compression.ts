import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Compresses records by LZ4 where the server can: it takes half of the CPU time that storing a
 * decision takes with Postgres's own method, on cores that may also make decisions. Days that are
 * there already keep what they have; both are read alike.
 */
export class LightCompression1795900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    if (await this.canUseLz4(runner)) await this.setCompression(runner, 'lz4');
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.setCompression(runner, 'pglz');
  }

  /** Known only to a server that was built with it; PGlite, for one, is not. */
  private async canUseLz4(runner: QueryRunner): Promise<boolean> {
    const found = (await runner.query(
      `SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)`,
    )) as unknown[];
    return found.length > 0;
  }

  private async setCompression(runner: QueryRunner, method: 'lz4' | 'pglz'): Promise<void> {
    await runner.query(`ALTER TABLE decisions ALTER COLUMN record SET COMPRESSION ${method}`);
  }
}
