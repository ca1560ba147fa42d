import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What decides for whom: its versions, its experiments and rollouts, and what they did. */
export class ControlPlane1795500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE decisions
        ADD COLUMN risk_score int,
        ADD COLUMN degradation_causes text,
        ADD COLUMN amount_minor bigint,
        ADD COLUMN currency text,
        ADD COLUMN card text,
        ADD COLUMN customer text,
        ADD COLUMN device text,
        ADD COLUMN total_ms real,
        ADD COLUMN traffic_version int,
        ADD COLUMN exploration_propensity double precision,
        ADD COLUMN explored boolean`);
    for (const entity of ['card', 'customer', 'device']) {
      await runner.query(
        `CREATE INDEX ON decisions (${entity}, created_at) WHERE ${entity} IS NOT NULL`,
      );
    }
    await runner.query(`
      CREATE TABLE exposures (
        created_at timestamptz NOT NULL,
        decision_id uuid NOT NULL,
        experiment_id text NOT NULL,
        arm_id text NOT NULL,
        unit text NOT NULL,
        propensity double precision NOT NULL,
        forced boolean NOT NULL,
        PRIMARY KEY (created_at, decision_id, experiment_id)
      ) PARTITION BY RANGE (created_at)`);
    await runner.query(`CREATE INDEX ON exposures (experiment_id, created_at)`);
    await runner.query(`
      CREATE TABLE shadow_decisions (
        created_at timestamptz NOT NULL,
        decision_id uuid NOT NULL,
        shadow_id text NOT NULL,
        model text,
        fraud_probability double precision,
        risk_score int,
        decision text NOT NULL,
        failure text,
        model_ms real NOT NULL,
        rules_ms real NOT NULL,
        PRIMARY KEY (created_at, decision_id, shadow_id)
      ) PARTITION BY RANGE (created_at)`);
    await runner.query(`CREATE INDEX ON shadow_decisions (shadow_id, created_at)`);
    await this.publishing(runner);
    await this.experimenting(runner);
    await this.rollingOut(runner);
  }

  /** Versions of the traffic plan, what it refers to, and who serves it. */
  private async publishing(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE artifacts (
        kind text NOT NULL,
        ref text NOT NULL,
        published_at timestamptz NOT NULL DEFAULT now(),
        published_by text NOT NULL,
        PRIMARY KEY (kind, ref)
      )`);
    await runner.query(`
      CREATE TABLE artifact_files (
        kind text NOT NULL,
        ref text NOT NULL,
        name text NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (kind, ref, name),
        FOREIGN KEY (kind, ref) REFERENCES artifacts
      )`);
    await runner.query(`
      CREATE TABLE publications (
        version int PRIMARY KEY,
        published_at timestamptz NOT NULL DEFAULT now(),
        published_by text NOT NULL,
        reason text NOT NULL,
        plan json NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE nodes (
        node_id text PRIMARY KEY,
        version int,
        refused_version int,
        refusal text,
        serving_since timestamptz,
        seen_at timestamptz NOT NULL
      )`);
  }

  private async experimenting(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE settings (
        name text PRIMARY KEY,
        value jsonb NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE layers (
        layer_id text PRIMARY KEY,
        unit text NOT NULL,
        salt text NOT NULL,
        allocation jsonb NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE shadows (
        shadow_id text PRIMARY KEY,
        variant jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE experiments (
        experiment_id text PRIMARY KEY,
        state text NOT NULL,
        definition jsonb NOT NULL,
        layer_id text NOT NULL,
        planned jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        reweighted_at timestamptz,
        stopped_at timestamptz,
        lowest_sample_ratio_p double precision NOT NULL DEFAULT 1
      )`);
    await runner.query(`
      CREATE TABLE arms (
        experiment_id text NOT NULL REFERENCES experiments,
        arm_id text NOT NULL,
        is_control boolean NOT NULL,
        weight double precision NOT NULL,
        variant jsonb NOT NULL,
        PRIMARY KEY (experiment_id, arm_id)
      )`);
  }

  private async rollingOut(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rollouts (
        rollout_id text PRIMARY KEY,
        request jsonb NOT NULL,
        plan jsonb NOT NULL,
        previous jsonb,
        state jsonb NOT NULL,
        is_over boolean NOT NULL,
        allocation jsonb NOT NULL,
        sentence text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        stage_since timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE rollout_events (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rollout_id text NOT NULL REFERENCES rollouts,
        happened_at timestamptz NOT NULL DEFAULT now(),
        action text NOT NULL,
        sentence text NOT NULL,
        evidence jsonb
      )`);
    await runner.query(`CREATE INDEX ON rollout_events (rollout_id, id)`);
    await runner.query(`
      CREATE TABLE audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        happened_at timestamptz NOT NULL DEFAULT now(),
        who text NOT NULL,
        action text NOT NULL,
        subject text NOT NULL,
        detail jsonb
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE exposures, shadow_decisions, artifact_files, artifacts, publications, nodes,
         arms, experiments, layers, shadows, settings, rollout_events, rollouts, audit`,
    );
    await runner.query(`
      ALTER TABLE decisions
        DROP COLUMN risk_score, DROP COLUMN degradation_causes, DROP COLUMN amount_minor,
        DROP COLUMN currency, DROP COLUMN card, DROP COLUMN customer, DROP COLUMN device,
        DROP COLUMN total_ms, DROP COLUMN traffic_version,
        DROP COLUMN exploration_propensity, DROP COLUMN explored`);
  }
}
