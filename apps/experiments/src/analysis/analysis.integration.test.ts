import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '#telemetry/clock.js';
import { Database } from '#store/postgres/database.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import { idAt, LOG_NOON } from '#testing/log-records.js';
import { seededRandom } from '#testing/seeded-random.js';
import { storeDecisions, storeExperiment, type MadeDecision } from '#testing/stored-decisions.js';
import { openAnalyses, type Analyses } from './analyses.js';

const DAY_MS = 86_400_000;
const START = LOG_NOON;
const NOW = START + 5 * DAY_MS;
const definition = {
  experiment_id: 'softer',
  name: 'Softer thresholds',
  arms: [
    { arm_id: 'control', weight: 0.5 },
    { arm_id: 'softer', weight: 0.5 },
  ],
  control: 'control',
  primary_metric: 'approval_rate',
  secondary: ['challenge_rate', 'decline_rate'],
  minimal_effect_relative: 0.01,
  planned_units: 4_000,
  horizon_days: 14,
  currency: 'EUR',
};

interface Plan {
  readonly experimentId?: string;
  readonly units: number;
  /** Chance of a decline, by arm. */
  readonly declines: Readonly<Record<string, number>>;
  /** Where a unit is; by default in each arm in turn. */
  readonly armOf?: (unit: number, timeMs: number) => string;
}

/** Some decisions of each unit, a few before the start. */
function decisionsOf({ experimentId = 'softer', units, declines, armOf }: Plan): MadeDecision[] {
  const random = seededRandom(units);
  const arms = Object.keys(declines);
  return Array.from({ length: units }, (_, unit) => {
    const nature = random() < 0.2 ? 3 : 0.5;
    return Array.from({ length: 6 }, (__, nth): MadeDecision => {
      const timeMs = START + Math.floor((random() * 5 - 1) * DAY_MS);
      const isExposed = timeMs >= START;
      const armId = armOf?.(unit, timeMs) ?? arms[unit % arms.length] ?? 'control';
      const chance = nature * (isExposed ? (declines[armId] ?? 0) : 0.2);
      const declined = random() < chance;
      return {
        id: idAt(timeMs, unit * 10 + nth),
        timeMs,
        decision: declined ? 'decline' : 'approve',
        amountMinor: 1_000 + Math.floor(random() * 9_000),
        currency: 'EUR',
        customer: `u${unit}`,
        ...(isExposed ? { exposure: { experimentId, armId, forced: false } } : {}),
      };
    });
  }).flat();
}

describe('the analysis of an experiment', () => {
  let server: EmbeddedPostgres;
  let database: Database;
  let analyses: Analyses;
  beforeAll(async () => {
    server = await EmbeddedPostgres.start();
    database = await Database.open({
      url: server.url,
      connectionsMax: 2,
      onConnectionLost: () => undefined,
    });
  });
  beforeEach(async () => {
    await database.pool.query(
      'TRUNCATE experiments, arms, decisions, exposures, outcomes, labels CASCADE',
    );
    analyses = openAnalyses(database, new ManualClock(NOW));
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  const analyse = (id = 'softer') => analyses.experiments.analyse(id);

  test('finds the better arm, with history taking variance away', async () => {
    await storeExperiment(database.pool, definition, new Date(START));
    await storeDecisions(
      database.pool,
      decisionsOf({ units: 3_000, declines: { control: 0.25, softer: 0.15 } }),
    );
    const analysis = await analyse();
    expect(analysis.verdicts).toEqual([
      {
        arm_id: 'softer',
        code: 'ship',
        sentence: expect.stringContaining('softer is better: approval rate +'),
      },
    ]);
    expect(analysis.results.map(({ metric, role }) => [metric, role])).toEqual([
      ['approval_rate', 'primary'],
      ['challenge_rate', 'secondary'],
      ['decline_rate', 'secondary'],
    ]);
    const [primary] = analysis.results;
    expect(primary?.variance_reduction).toBeGreaterThan(0.02);
    expect(primary?.value).toBeCloseTo(0.85, 1);
    expect(analysis.arms.map(({ arm_id: id, weight }) => [id, weight])).toEqual([
      ['control', 0.5],
      ['softer', 0.5],
    ]);
    expect(analysis.arms[0]?.values.fraud_value).toBe(0);
    expect(analysis.sample_ratio.sound).toBe(true);
    expect(analysis.caveats).toEqual([]);
  });

  test('is refused for what is not there, or has not started', async () => {
    await expect(analyse('nothing')).rejects.toMatchObject({ code: 'EXPERIMENT_NOT_FOUND' });
    await storeExperiment(database.pool, definition, new Date(START));
    await database.pool.query(`UPDATE experiments SET started_at = NULL, state = 'draft'`);
    await expect(analyse()).rejects.toMatchObject({ code: 'EXPERIMENT_NOT_STARTED' });
  });

  test('says so when nobody was exposed yet', async () => {
    await storeExperiment(database.pool, definition, new Date(START));
    const analysis = await analyse();
    expect(analysis.verdicts[0]?.code).toBe('keep_running');
    expect(analysis.arms.map(({ units }) => units)).toEqual([0, 0]);
    expect(analysis.results[0]?.absolute).toEqual({
      kind: 'insufficient',
      reason: 'TOO_FEW_UNITS',
    });
    expect(analysis.caveats).toEqual([expect.stringContaining('An arm has 0 units')]);
  });

  test('remembers a sample ratio that was broken once', async () => {
    await storeExperiment(database.pool, definition, new Date(START));
    const lopsided = (unit: number) => (unit % 3 === 0 ? 'softer' : 'control');
    await storeDecisions(
      database.pool,
      decisionsOf({ units: 2_000, declines: { control: 0.2, softer: 0.2 }, armOf: lopsided }),
    );
    const first = await analyse();
    expect(first.sample_ratio.sound).toBe(false);
    expect(first.verdicts[0]?.code).toBe('invalid_sample_ratio');
    await database.pool.query('TRUNCATE exposures');
    const second = await analyse();
    expect(second.sample_ratio.lowest_sequential_p_value).toBe(
      first.sample_ratio.lowest_sequential_p_value,
    );
    expect(second.verdicts[0]?.code).toBe('invalid_sample_ratio');
  });

  test('begins at the last change of weights, and keeps the units that moved', async () => {
    const changedMs = START + 2 * DAY_MS;
    await storeExperiment(database.pool, definition, new Date(START));
    await database.pool.query('UPDATE experiments SET reweighted_at = $1', [new Date(changedMs)]);
    // Nine in ten were in the control, then one half.
    const armOf = (unit: number, timeMs: number) => {
      const bucket = unit % 10;
      if (bucket === 0) return 'softer';
      return timeMs >= changedMs && bucket < 5 ? 'softer' : 'control';
    };
    const made = decisionsOf({ units: 2_000, declines: { control: 0.2, softer: 0.2 }, armOf });
    await storeDecisions(database.pool, made);
    const analysis = await analyse();
    expect(analysis.since).toBe(new Date(changedMs).toISOString());
    expect(analysis.sample_ratio.sound).toBe(true);
    expect(analysis.units_in_two_arms).toBe(0);
    expect(analysis.moved_units).toBeGreaterThan(500);
    expect(analysis.caveats).toEqual([
      expect.stringContaining('before the last change of weights'),
    ]);
  });

  test('leaves out units that wander, and says when they are many', async () => {
    await storeExperiment(database.pool, definition, new Date(START));
    const wandering = (unit: number, timeMs: number) =>
      (unit % 20 === 0 ? timeMs : unit) % 2 === 0 ? 'softer' : 'control';
    await storeDecisions(
      database.pool,
      decisionsOf({ units: 1_000, declines: { control: 0.2, softer: 0.2 }, armOf: wandering }),
    );
    const analysis = await analyse();
    expect(analysis.units_in_two_arms).toBeGreaterThan(10);
    expect(analysis.caveats.join()).toContain('arms do not stick');
  });

  test('does not judge by labels as long as none came', async () => {
    const wanted = {
      ...definition,
      primary_metric: 'net_value',
      guardrails: [{ metric: 'fraud_value', tolerance_relative: 0.1 }],
    };
    await storeExperiment(database.pool, wanted, new Date(START));
    await storeDecisions(
      database.pool,
      decisionsOf({ units: 1_000, declines: { control: 0.4, softer: 0.1 } }),
    );
    const analysis = await analyse();
    expect(analysis.verdicts[0]?.code).not.toBe('ship');
    expect(analysis.arms.map((arm) => arm.labels_share_known)).toEqual([null, null]);
    expect(analysis.caveats).toEqual([
      expect.stringContaining('How many labels are still to come is unknown'),
      'Net value counts a margin of 2 %, 100 % of fraud as lost, 5 for a challenge and ' +
        '300 for a review (minor units of EUR).',
    ]);
  });
});
