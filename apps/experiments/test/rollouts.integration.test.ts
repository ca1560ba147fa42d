import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PublishedPlan } from '#contracts/control.js';
import type { RolloutReport } from '#contracts/rollout.js';
import { missingForProcessTests } from '#testing/decision-api-process.js';
import { PacedLoad } from '#testing/paced-load.js';
import { meanModel } from '#testing/tiny-onnx.js';
import { ControlServices } from './control-services.js';
import { isExperimentsBuilt } from './experiments-process.js';

const root = resolve(import.meta.dirname, '../../..');
const missing = isExperimentsBuilt
  ? missingForProcessTests({ redis: false })
  : 'needs the build: npm run setup';
const RATE_PER_SECOND = 150;
const WAIT = { timeout: 60_000, interval: 200 };
const stage = (share: number) => ({ share, minutes_min: 0, decisions_min: 100 });
const stages = [stage(0), stage(0.3), stage(1)];
// The two cores of a test machine are no measure of latency.
const patient = { p99_ms_max: 5_000, p99_ms_excess_max: 5_000, degraded_share_max: 1 };
const guardrails = { window_decisions_min: 60, degraded_share_excess_max: 1, ...patient };
const thresholds = (decline: number) => ({ challenge: null, review: null, decline });

describe.skipIf(missing !== null)(
  `rollouts under load (${missing ?? 'real processes, embedded Postgres'})`,
  () => {
    let services: ControlServices;
    let load: PacedLoad;
    let count = 0;
    beforeAll(async () => {
      // A rule that declines, or may decline, a fifth of the payments is not what is tried here.
      services = await ControlServices.start(() => ({ RULE_BREAKER_DECISIONS_MIN: '300' }));
      const nextBody = (): string => {
        count += 1;
        return JSON.stringify({
          transaction_id: `pay-${count}`,
          amount: { value: 100 + (count % 900), currency: 'EUR' },
          customer: { id: `customer-${count % 2_000}` },
          payment_method: { token: `tok-${count % 2_000}` },
        });
      };
      const { client } = services.api;
      load = new PacedLoad({ client, ratePerSecond: RATE_PER_SECOND, nextBody });
    }, 60_000);
    afterAll(async () => {
      await load.stop();
      await services.stop();
    });

    async function over(id: string): Promise<RolloutReport> {
      const report = async () =>
        (await services.ask<RolloutReport>('GET', `/v1/rollouts/${id}`)).body;
      await vi.waitUntil(async () => (await report()).status !== 'running', WAIT);
      return report();
    }

    const champion = async () =>
      (await services.ask<PublishedPlan>('GET', '/v1/traffic-plan')).body.plan.champion;

    test('thresholds that would decline everything are rolled back in shadow, with the evidence', async () => {
      const request = {
        rollout_id: 'bad',
        variant: { thresholds: thresholds(0) },
        stages,
        guardrails,
      };
      const started = await services.ask('POST', '/v1/rollouts', request);
      expect(started.status).toBe(201);
      const { status, events } = await over('bad');
      expect(status).toBe('rolled_back');
      const last = events.at(-1);
      expect(last?.sentence).toContain('Rolled back at shadow');
      expect(last?.sentence).toContain('ratio of alert rates');
      expect(last?.evidence).toMatchObject({ measurement: { candidate: { approvals: 0 } } });
      expect((await champion()).thresholds).toBeNull();
    }, 90_000);

    test('a model whose answers are no probability is rolled back by its own guardrail', async () => {
      const files = await brokenModel(join(services.home.folder, 'broken'));
      const published = await services.ask('PUT', '/v1/models', { files });
      expect(published).toMatchObject({ status: 200, body: { ref: 'broken/1' } });
      const request = { rollout_id: 'broken', variant: { model: 'broken/1' }, stages, guardrails };
      await services.ask('POST', '/v1/rollouts', request);
      const { status, sentence } = await over('broken');
      expect({ status, sentence }).toEqual({
        status: 'rolled_back',
        sentence: expect.stringContaining('share of scores that are no number'),
      });
    }, 90_000);

    test('thresholds like those in force walk to everything by themselves, and can be taken back', async () => {
      const variant = { thresholds: { challenge: 998, review: 999, decline: 1_000 } };
      const gentle = { ...guardrails, alert_rate_ratio_max: 1_000, approval_rate_drop_max: 1 };
      const request = { rollout_id: 'good', variant, stages, guardrails: gentle };
      await services.ask('POST', '/v1/rollouts', request);
      const { status, events } = await over('good');
      expect(status).toBe('completed');
      expect(events.map(({ action }) => action)).toEqual([
        'start',
        'promote',
        'promote',
        'complete',
      ]);
      expect((await champion()).thresholds).toEqual(variant.thresholds);

      const command = { command: 'roll_back', reason: 'a test' };
      await services.ask('POST', '/v1/rollouts/good/commands', command);
      expect((await champion()).thresholds).toBeNull();
    }, 120_000);

    test('a person can pause and resume, and the audit says who did what', async () => {
      const slow = [{ share: 0, minutes_min: 60, decisions_min: 0 }, stage(1)];
      const variant = { thresholds: thresholds(1_000) };
      const gentle = { ...guardrails, alert_rate_ratio_max: 1_000, approval_rate_drop_max: 1 };
      const request = { rollout_id: 'paused', variant, stages: slow, guardrails: gentle };
      await services.ask('POST', '/v1/rollouts', request);
      const tell = async (command: string) => {
        const body = { command, reason: 'a test' };
        return (await services.ask<RolloutReport>('POST', '/v1/rollouts/paused/commands', body))
          .body;
      };
      expect((await tell('pause')).status).toBe('paused');
      expect((await tell('resume')).status).toBe('running');
      expect((await tell('roll_back')).status).toBe('rolled_back');
      const { body } = await services.ask<{ entries: { action: string; subject: string }[] }>(
        'GET',
        '/v1/audit',
      );
      expect(body.entries.slice(0, 3).map(({ action, subject }) => `${action} ${subject}`)).toEqual(
        ['roll_back rollout paused', 'resume rollout paused', 'pause rollout paused'],
      );
    });

    test('a rule that declines too large a share goes to shadow by itself', async () => {
      const name = 'decline-all';
      const published = await services.ask<{ ref: string }>('PUT', '/v1/rulesets', {
        files: await rulesWith(`
  - id: ${name}
    name: Declines everything
    when: amount_minor >= 0
    action: decline
    reason: CARD_VELOCITY
`),
      });
      expect(published.body).toMatchObject({ kind: 'ruleset' });
      const variant = { ruleset: published.body.ref };
      await services.ask('PUT', '/v1/champion', { variant, reason: 'a test' });
      const demoted = async () =>
        (await services.ask<PublishedPlan>('GET', '/v1/traffic-plan')).body.plan.demoted_rules;
      await vi.waitUntil(async () => (await demoted()).includes(name), WAIT);
      await services.ask('DELETE', `/v1/demoted-rules/${name}`, { reason: 'a test' });
      expect(await demoted()).toEqual([]);
    }, 90_000);
  },
);

/** The shipped bundle under another name, made to answer with the amount. */
async function brokenModel(folder: string): Promise<object[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(join(root, 'models/fraud/1'), folder, { recursive: true });
  const model = meanModel(1);
  const golden = JSON.stringify({ rows: [[0]], probabilities: [0] });
  await writeFile(join(folder, 'model.onnx'), model);
  await writeFile(join(folder, 'golden.json'), golden);
  const file = join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');
  Object.assign(manifest, {
    id: 'broken',
    version: '1',
    features: ['amount_minor'],
    featuresHash: sha256('amount_minor'),
    baseline: [0],
    reasonGroups: [],
    files: { 'model.onnx': sha256(model), 'golden.json': sha256(golden) },
  });
  await writeFile(file, JSON.stringify(manifest));
  return filesOf(folder, '');
}

async function rulesWith(rule: string): Promise<object[]> {
  const files = [
    ...(await filesOf(join(root, 'rules/default'), 'ruleset/')),
    ...(await filesOf(join(root, 'rules/lists'), 'lists/')),
  ];
  return files
    .filter(({ name }) => name !== 'ruleset/cases.csv')
    .map(({ name, content_base64: content }) => {
      if (name !== 'ruleset/ruleset.yaml') return { name, content_base64: content };
      const text = Buffer.from(content, 'base64').toString('utf8');
      const changed = text.replace(/^rules:\n/m, `rules:${rule}`);
      return { name, content_base64: Buffer.from(changed).toString('base64') };
    });
}

async function filesOf(
  folder: string,
  prefix: string,
): Promise<{ readonly name: string; readonly content_base64: string }[]> {
  const names = await readdir(folder, { recursive: true });
  return Promise.all(
    names
      .filter((name) => name.includes('.'))
      .map(async (name) => ({
        name: `${prefix}${name}`,
        content_base64: (await readFile(join(folder, name))).toString('base64'),
      })),
  );
}
