import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an analysis asks of a decision stands in its exposure too: the decision's own row is forty
 * times as large, and reading it for a million exposures would push all else out of memory.
 */
export class ExposureFacts1795700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE exposures
        ADD COLUMN transaction_id text,
        ADD COLUMN decision text,
        ADD COLUMN amount_minor bigint,
        ADD COLUMN currency text,
        ADD COLUMN event_time timestamptz`);
    await runner.query(`
      UPDATE exposures SET transaction_id = decisions.transaction_id,
        decision = decisions.decision, amount_minor = decisions.amount_minor,
        currency = decisions.currency, event_time = decisions.event_time
      FROM decisions WHERE decisions.created_at = exposures.created_at
        AND decisions.decision_id = exposures.decision_id`);
    await runner.query(`
      ALTER TABLE exposures
        ALTER COLUMN transaction_id SET NOT NULL,
        ALTER COLUMN decision SET NOT NULL,
        ALTER COLUMN event_time SET NOT NULL`);
    await runner.query(`
      CREATE INDEX ON decisions (created_at) WHERE exploration_propensity IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX decisions_created_at_idx`);
    await runner.query(`
      ALTER TABLE exposures
        DROP COLUMN transaction_id, DROP COLUMN decision,
        DROP COLUMN amount_minor, DROP COLUMN currency, DROP COLUMN event_time`);
  }
}
