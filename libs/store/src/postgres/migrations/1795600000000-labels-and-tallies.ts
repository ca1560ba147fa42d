import type { MigrationInterface, QueryRunner } from 'typeorm';
import { labelStrengths } from '#contracts/label-source.js';

/** Labels that correct each other, and what was counted before the log against what is stored. */
export class LabelsAndTallies1795600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const strengths = Object.entries(labelStrengths)
      .map(([source, strength]) => `WHEN '${source}' THEN ${strength}`)
      .join(' ');
    // Nothing is said after it was learnt. The position tells apart what was learnt at one time.
    await runner.query(`
      ALTER TABLE labels
        ADD COLUMN strength smallint NOT NULL DEFAULT 0,
        ADD COLUMN position bigint GENERATED ALWAYS AS IDENTITY,
        ADD COLUMN said_at timestamptz NOT NULL
          GENERATED ALWAYS AS (least(coalesce(reported_at, learnt_at), learnt_at)) STORED`);
    await runner.query(`UPDATE labels SET strength = CASE source ${strengths} ELSE 0 END`);
    await runner.query(`ALTER TABLE labels ALTER COLUMN strength DROP DEFAULT`);
    await runner.query(`CREATE INDEX ON labels (said_at)`);
    // As flagsInForce in libs/features/src/event-labels.ts. A single statement, so that the planner
    // looks into it and asks for the labels of the wanted transactions only.
    await runner.query(`
      CREATE FUNCTION labels_as_of(known_at timestamptz) RETURNS SETOF labels
      LANGUAGE sql STABLE AS $$
        SELECT DISTINCT ON (transaction_id) word.* FROM (
          SELECT DISTINCT ON (transaction_id, strength) * FROM labels WHERE learnt_at <= known_at
          ORDER BY transaction_id, strength, said_at DESC, learnt_at DESC, position DESC
        ) word WHERE label <> 'unknown' ORDER BY transaction_id, strength DESC
      $$`);
    await runner.query(`
      CREATE TABLE tallies (
        id uuid PRIMARY KEY,
        minute timestamptz NOT NULL,
        decisions int NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX ON tallies (minute)`);
    await runner.query(`CREATE INDEX ON tallies (stored_at)`);
    await runner.query(`
      CREATE TABLE reconciliations (
        minute timestamptz PRIMARY KEY,
        acknowledged int NOT NULL,
        stored int NOT NULL,
        tallied_at timestamptz NOT NULL,
        checked_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX ON reconciliations (minute) WHERE stored < acknowledged`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE reconciliations, tallies`);
    await runner.query(`DROP FUNCTION labels_as_of`);
    await runner.query(
      `ALTER TABLE labels DROP COLUMN said_at, DROP COLUMN position, DROP COLUMN strength`,
    );
  }
}
