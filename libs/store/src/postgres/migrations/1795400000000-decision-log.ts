import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Decisions as they were made, the rules that hit, and what became known later. */
export class DecisionLog1795400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // created_at is the time inside decision_id, so the two are one key and an id names its day.
    await runner.query(`
      CREATE TABLE decisions (
        decision_id uuid NOT NULL,
        created_at timestamptz NOT NULL,
        transaction_id text NOT NULL,
        api_key_id text NOT NULL,
        event_time timestamptz NOT NULL,
        decision text NOT NULL,
        fraud_probability double precision,
        ruleset text NOT NULL,
        model text,
        degradation text NOT NULL,
        sequence bigint NOT NULL,
        record json NOT NULL,
        PRIMARY KEY (created_at, decision_id)
      ) PARTITION BY RANGE (created_at)`);
    await runner.query(`CREATE INDEX ON decisions (transaction_id, created_at)`);
    await runner.query(`
      CREATE TABLE rule_hits (
        created_at timestamptz NOT NULL,
        decision_id uuid NOT NULL,
        rule_id text NOT NULL,
        action text NOT NULL,
        applied boolean NOT NULL,
        PRIMARY KEY (created_at, decision_id, rule_id)
      ) PARTITION BY RANGE (created_at)`);
    await runner.query(`CREATE INDEX ON rule_hits (rule_id, created_at)`);
    await runner.query(`
      CREATE TABLE outcomes (
        id uuid PRIMARY KEY,
        decision_id uuid NOT NULL,
        outcome text NOT NULL,
        occurred_at timestamptz NOT NULL,
        learnt_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX ON outcomes (decision_id)`);
    await runner.query(`
      CREATE TABLE labels (
        id uuid PRIMARY KEY,
        transaction_id text NOT NULL,
        label text NOT NULL,
        source text NOT NULL,
        reason_code text,
        amount_value bigint,
        amount_currency text,
        occurred_at timestamptz,
        reported_at timestamptz,
        learnt_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX ON labels (transaction_id)`);
    await runner.query(`
      CREATE TABLE dead_letters (
        source text NOT NULL,
        sequence bigint NOT NULL,
        type text NOT NULL,
        reason text NOT NULL,
        payload text NOT NULL,
        set_aside_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (source, sequence)
      )`);
    await runner.query(`
      CREATE TABLE log_positions (
        source text PRIMARY KEY,
        sequence bigint NOT NULL,
        time_ms bigint NOT NULL,
        stored_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE decisions, rule_hits, outcomes, labels, dead_letters, log_positions`,
    );
  }
}
