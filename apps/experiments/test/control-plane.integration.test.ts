import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ArtifactReceipt, PublishedPlan } from '#contracts/control.js';
import type { DecisionReply } from '#contracts/decision-reply.js';
import type { StoredExperiment } from '#contracts/experiment.js';
import type { DecisionPage, StoredDecision } from '#contracts/stored-decision.js';
import { missingForProcessTests } from '#testing/decision-api-process.js';
import { HttpClient } from '#testing/http-client.js';
import { ControlServices } from './control-services.js';

const root = resolve(import.meta.dirname, '../../..');
const missing = missingForProcessTests({ redis: false });
const WAIT = { timeout: 15_000, interval: 50 };
const noChange = { model: null, ruleset: null, thresholds: null };
const declineAll = { ...noChange, thresholds: { challenge: null, review: null, decline: 0 } };

const experiment = {
  experiment_id: 'strict',
  name: 'Decline everything',
  arms: [
    { arm_id: 'control', weight: 0.5 },
    { arm_id: 'strict', weight: 0.5, variant: declineAll },
  ],
  control: 'control',
  forced: [{ unit: 'forced-customer', arm_id: 'strict' }],
  primary_metric: 'approval_rate',
  minimal_effect_relative: 0.05,
  planned_units: 1000,
  horizon_days: 14,
  currency: 'EUR',
};

describe.skipIf(missing !== null)(
  `the control plane (${missing ?? 'real processes, embedded Postgres'})`,
  () => {
    let services: ControlServices;
    beforeAll(async () => {
      services = await ControlServices.start();
    }, 60_000);
    afterAll(() => services.stop());

    const plan = async (): Promise<PublishedPlan> =>
      (await services.ask<PublishedPlan>('GET', '/v1/traffic-plan')).body;

    async function liveEverywhere(): Promise<PublishedPlan> {
      await vi.waitUntil(async () => (await plan()).is_live_everywhere, WAIT);
      return plan();
    }

    async function decided(id: string, customer: string): Promise<DecisionReply> {
      return JSON.parse((await services.decide(id, customer)).body) as DecisionReply;
    }

    test('a published ruleset decides on the node, and the node says so', async () => {
      const { status, body } = await services.ask<ArtifactReceipt>(
        'PUT',
        '/v1/rulesets',
        await uploadOfRules('# published by the test\n'),
      );
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { kind: 'ruleset', is_new: true },
      });
      const variant = { ...noChange, ruleset: body.ref };
      expect(
        await services.ask('PUT', '/v1/champion', { variant, reason: 'a test' }),
      ).toMatchObject({
        status: 200,
      });
      const { version, nodes } = await liveEverywhere();
      expect(nodes).toMatchObject([{ version, is_live: true, refusal: null }]);
      expect((await decided('rules-1', 'anna')).policy.version).toBe(body.ref);
    });

    test('what was never published cannot be put in charge', async () => {
      const variant = { ...noChange, model: 'fraud/404' };
      const refused = await services.ask('PUT', '/v1/champion', { variant, reason: 'a test' });
      expect(refused).toMatchObject({ status: 422, body: { code: 'DEFINITION_REFUSED' } });
    });

    test('a large body is read only on the routes of artifacts, and only with a key that may publish', async () => {
      const body = JSON.stringify({ variant: 'x'.repeat(1024 * 1024) });
      const stranger = new HttpClient(services.experiments.client.port, null);
      const send = async (client: HttpClient, path: string) =>
        JSON.parse((await client.send({ method: 'PUT', path, body })).body) as { code: string };
      expect((await send(stranger, '/v1/models')).code).toBe('AUTHENTICATION_MISSING');
      const { client } = services.experiments;
      expect((await send(client, '/v1/champion')).code).toBe('REQUEST_BODY_TOO_LARGE');
      expect((await send(client, '/v1/models')).code).toBe('REQUEST_INVALID');
      stranger.close();
    });

    test('a ruleset that does not compile is refused with its place', async () => {
      const broken = await uploadOfRules('rules: 7\n');
      const refused = await services.ask('PUT', '/v1/rulesets', broken);
      expect(refused).toMatchObject({ status: 422, body: { code: 'ARTIFACT_REFUSED' } });
      expect(JSON.stringify(refused.body)).toContain('ruleset.yaml');
    });

    test('an experiment divides units, records its arms, and can be stopped', async () => {
      await services.ask('POST', '/v1/experiments', experiment);
      const started = await services.ask<StoredExperiment>('POST', '/v1/experiments/strict/start', {
        reason: 'a test',
      });
      expect(started).toMatchObject({ status: 201, body: { state: 'running' } });
      await liveEverywhere();

      const replies: DecisionReply[] = [];
      for (let nth = 0; nth < 60; nth += 1) {
        replies.push(await decided(`unit-${nth}`, `customer-${nth}`));
      }
      const strict = replies.filter(({ experiments }) => experiments?.[0]?.arm === 'strict');
      expect(strict.length).toBeGreaterThan(15);
      expect(strict.length).toBeLessThan(45);
      expect(new Set(strict.map(({ decision }) => decision))).toEqual(new Set(['decline']));
      const again = await decided('unit-again', 'customer-0');
      expect(again.experiments).toEqual(replies[0]?.experiments);
      expect((await decided('forced-1', 'forced-customer')).experiments).toEqual([
        { id: 'strict', arm: 'strict' },
      ]);

      const id = String(again.decision_id);
      const stored = async () => services.ask<StoredDecision>('GET', `/v1/decisions/${id}`);
      await vi.waitUntil(async () => (await stored()).status === 200, WAIT);
      expect((await stored()).body.decision.experiments).toEqual(again.experiments);

      const found = async (query: string) =>
        (await services.ask<DecisionPage>('GET', `/v1/decisions?${query}`)).body.decisions;
      expect((await found('customer=customer-0')).map((one) => one.transaction_id)).toEqual([
        'unit-again',
        'unit-0',
      ]);
      expect(await found('customer=nobody')).toEqual([]);
      const arm = await found('experiment_id=strict&arm_id=strict&limit=200');
      expect(new Set(arm.map(({ decision }) => decision))).toEqual(new Set(['decline']));

      await services.ask('POST', '/v1/experiments/strict/stop', { reason: 'a test' });
      await liveEverywhere();
      expect((await decided('unit-after', 'customer-0')).experiments).toBeUndefined();
    });

    test('two layers that would change the same part are refused, and nothing is left of it', async () => {
      const first = { ...experiment, experiment_id: 'first', layer: 'one' };
      const second = { ...experiment, experiment_id: 'second', layer: 'two' };
      for (const definition of [first, second]) {
        await services.ask('POST', '/v1/experiments', definition);
      }
      await services.ask('POST', '/v1/experiments/first/start', { reason: 'a test' });
      const refused = await services.ask('POST', '/v1/experiments/second/start', {
        reason: 'test',
      });
      expect(refused).toMatchObject({ status: 409, body: { code: 'CONTROL_CONFLICT' } });
      const { body } = await services.ask<StoredExperiment>('GET', '/v1/experiments/second');
      expect(body.state).toBe('draft');
      await services.ask('POST', '/v1/experiments/first/stop', { reason: 'a test' });
    });

    test('a share of would-be declines is let through, and says so', async () => {
      await services.ask('PUT', '/v1/champion', { variant: declineAll, reason: 'a test' });
      const exploration = { share: 0.05, amount_minor_max: { EUR: 10_000 } };
      await services.ask('PUT', '/v1/exploration', { exploration, reason: 'a test' });
      await liveEverywhere();
      const replies: DecisionReply[] = [];
      for (let nth = 0; nth < 200; nth += 1)
        replies.push(await decided(`explore-${nth}`, `e${nth}`));
      const through = replies.filter(({ decision }) => decision === 'approve');
      expect(through.length).toBeGreaterThan(0);
      expect(through.length).toBeLessThan(40);
      expect(new Set(through.map(({ reasons }) => reasons[0]?.code))).toEqual(
        new Set(['EXPLORATION']),
      );
      await services.ask('PUT', '/v1/exploration', { exploration: null, reason: 'a test' });
    });

    test('without the database a node starts with the last plan it served', async () => {
      await services.ask('PUT', '/v1/champion', { variant: declineAll, reason: 'a test' });
      const { version } = await liveEverywhere();
      await services.api.end('SIGTERM');
      await services.postgres.stop();
      services.api = await services.home.start();
      const reply = await decided('after-restart', 'anna');
      expect(reply.decision).toBe('decline');
      const kept = await readFile(join(services.home.folder, 'data/traffic-plan.json'), 'utf8');
      expect(JSON.parse(kept)).toMatchObject({ version });
    });
  },
);

/** The default ruleset with something after its end. */
async function uploadOfRules(appended: string): Promise<object> {
  const read = async (folder: string, prefix: string) => {
    const names = await readdir(join(root, folder), { recursive: true });
    const files = names.filter((name) => /\.(yaml|csv)$/.test(name)).sort();
    return Promise.all(
      files.map(async (name) => {
        const text = await readFile(join(root, folder, name), 'utf8');
        const content = name === 'ruleset.yaml' ? text + appended : text;
        const encoded = Buffer.from(content).toString('base64');
        return { name: `${prefix}/${name}`, content_base64: encoded };
      }),
    );
  };
  return {
    files: [...(await read('rules/default', 'ruleset')), ...(await read('rules/lists', 'lists'))],
  };
}
