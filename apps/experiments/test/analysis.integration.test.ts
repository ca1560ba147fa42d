import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mintApiKey } from '#platform/api-key-admin.js';
import { writeApiKeyFile } from '#platform/api-key-file.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import { HttpClient } from '#testing/http-client.js';
import { idAt, LOG_NOON } from '#testing/log-records.js';
import { storeDecisions, storeExperiment, type MadeDecision } from '#testing/stored-decisions.js';
import { missingBuildOf, ServiceProcess } from '#testing/service-process.js';

const missing = missingBuildOf('experiments');
const tool = resolve(import.meta.dirname, '../../../dist/tools/experiment/main.js');
const document = resolve(import.meta.dirname, '../../../docs/api/experiments.json');
const times = `from=${new Date(LOG_NOON).toISOString()}&to=${new Date(LOG_NOON + 1e6).toISOString()}`;

/** Arms in turn; every tenth would be declined, and half of these are let through. */
function decisionAt(nth: number): MadeDecision {
  const timeMs = LOG_NOON + nth;
  const isDecline = nth % 10 === 0;
  const letThrough = nth % 20 === 0;
  return {
    id: idAt(timeMs, nth),
    timeMs,
    decision: isDecline && !letThrough ? 'decline' : 'approve',
    amountMinor: 1_000,
    currency: 'EUR',
    customer: `u${nth % 400}`,
    probability: isDecline ? 0.9 : 0.1,
    labels: nth % 40 === 0 ? ['fraud'] : [],
    exposure: { experimentId: 'softer', armId: nth % 2 === 0 ? 'control' : 'b', forced: false },
    ...(isDecline ? { exploration: { letThrough, propensity: 0.5 } } : {}),
    shadow: { shadowId: 'next', decision: 'approve', probability: 0.2 },
  };
}

describe.skipIf(missing !== '')(`analyses over HTTP${missing}`, () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let service: ServiceProcess;
  let key: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-analyses-'));
    postgres = await EmbeddedPostgres.start();
    const made = mintApiKey('test', ['read'], Date.now());
    key = made.text;
    await writeApiKeyFile(join(folder, 'api-keys.json'), [made.entry]);
    service = await ServiceProcess.start('experiments', key, {
      DATA_DIR: folder,
      DATABASE_URL: postgres.url,
    });
    await service.ready();
    const pool = new Pool({ connectionString: postgres.url, max: 1 });
    await storeExperiment(
      pool,
      {
        experiment_id: 'softer',
        name: 'Softer thresholds',
        arms: [
          { arm_id: 'control', weight: 0.5 },
          { arm_id: 'b', weight: 0.5 },
        ],
        control: 'control',
        primary_metric: 'approval_rate',
        minimal_effect_relative: 0.01,
        planned_units: 1_000,
        horizon_days: 7,
        currency: 'EUR',
      },
      new Date(LOG_NOON),
    );
    await storeDecisions(
      pool,
      Array.from({ length: 2_000 }, (_, nth) => decisionAt(nth)),
    );
    // Decisions of days to come, as far as this machine's clock goes.
    await pool.query(`UPDATE experiments SET state = 'stopped', stopped_at = $1`, [
      new Date(LOG_NOON + 1e6),
    ]);
    await pool.end();
  }, 60_000);
  afterAll(async () => {
    await service.end('SIGTERM');
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    ['/v1/experiments/softer/analysis', { units: 400, state: 'stopped' }],
    [`/v1/exploration/estimate?${times}`, { explored: 100, blocked: { payments: 200 } }],
    [`/v1/shadows/next/report?${times}`, { transactions: { judged: 2_000 } }],
  ])('%s answers', async (path, expected) => {
    const { status, body } = await service.client.get(path);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject(expected);
  });

  test.each([
    ['/v1/experiments', 'ExperimentList'],
    ['/v1/experiments/softer', 'StoredExperiment'],
    ['/v1/experiments/softer/analysis', 'ExperimentAnalysis'],
    [`/v1/exploration/estimate?${times}`, 'ExplorationEstimate'],
    [`/v1/shadows/next/report?${times}`, 'ShadowReport'],
    ['/v1/decisions?limit=2', 'DecisionPage'],
    ['/v1/label-maturity', 'LabelMaturity'],
    ['/v1/rollouts', 'RolloutList'],
    ['/v1/traffic-plan', 'PublishedPlan'],
    ['/v1/audit', 'AuditPage'],
  ])('%s has the shape %s of the published document', async (path, schema) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    ajvFormats.default(ajv);
    ajv.addSchema(JSON.parse(await readFile(document, 'utf8')) as object, 'published');
    const asPublished = ajv.getSchema(`published#/components/schemas/${schema}`);
    const { body } = await service.client.get(path);
    void asPublished?.(JSON.parse(body));
    expect(asPublished?.errors).toBeNull();
  });

  test('the served document is the committed one, and has a page', async () => {
    const served = await service.client.get('/openapi.json');
    expect(served.body).toBe(JSON.stringify(JSON.parse(await readFile(document, 'utf8'))));
    expect((await service.client.get('/docs')).status).toBe(200);
  });

  test.each([
    ['/v1/experiments/nobody/analysis', 404, 'EXPERIMENT_NOT_FOUND'],
    [`/v1/shadows/nobody/report?${times}`, 404, 'SHADOW_NOT_FOUND'],
    ['/v1/shadows/next/report', 400, 'REQUEST_INVALID'],
    [`/v1/shadows/next/report?${times}&margin_share=2`, 400, 'REQUEST_INVALID'],
    ['/v1/exploration/estimate?from=yesterday&to=today', 400, 'REQUEST_INVALID'],
  ])('%s is answered %i %s', async (path, status, code) => {
    const reply = await service.client.get(path);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toMatchObject({ code });
  });

  test('a caller without a key learns nothing', async () => {
    const stranger = new HttpClient(service.client.port, null);
    expect((await stranger.get('/v1/experiments/softer/analysis')).status).toBe(401);
    stranger.close();
  });

  test('the tool prints the same, and says what to do when it cannot', async () => {
    const run = promisify(execFile);
    const url = `http://127.0.0.1:${service.client.port}`;
    const ask = (...args: string[]) =>
      run(process.execPath, [tool, ...args, '--url', url, '--key', key]);
    const { stdout } = await ask('report', 'softer');
    expect(stdout).toContain('softer: Softer thresholds. stopped');
    const { stdout: json } = await ask('report', 'softer', '--json');
    expect(JSON.parse(json)).toMatchObject({ experiment_id: 'softer', units: 400 });
    await expect(ask('report', 'nobody')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('names what there is'),
    });
  });
});
