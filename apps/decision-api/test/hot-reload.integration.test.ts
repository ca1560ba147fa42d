import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DecisionReply } from '#contracts/decision-reply.js';
import {
  DecisionApiHome,
  missingForProcessTests,
  type DecisionApiProcess,
} from '#testing/decision-api-process.js';
import { PacedLoad, type Sent } from '#testing/paced-load.js';

const RATE_PER_SECOND = 100;
const WAIT = { timeout: 15_000, interval: 50 };
const AFTERWARDS_MS = 300;
const root = resolve(import.meta.dirname, '../../..');
const missing = missingForProcessTests({ redis: false });

let home: DecisionApiHome;
let api: DecisionApiProcess;
let files: { readonly rules: string; readonly models: string; readonly ruleset: string };
let count = 0;

beforeEach(async () => {
  count = 0;
  home = await DecisionApiHome.create((folder) => ({
    RULES_DIR: join(folder, 'rules'),
    MODEL_DIR: join(folder, 'models'),
  }));
  const rules = join(home.folder, 'rules');
  const models = join(home.folder, 'models');
  files = { rules, models, ruleset: join(rules, 'default/ruleset.yaml') };
  await cp(join(root, 'rules'), rules, { recursive: true });
  await mkdir(models);
  await cp(join(root, 'models/fraud/1'), join(models, '1'), { recursive: true });
  api = await home.start();
});

afterEach(() => home.remove());

function startLoad(): PacedLoad {
  const nextBody = (): string => {
    count += 1;
    return JSON.stringify({
      transaction_id: `pay-${count}`,
      amount: { value: 100 + count, currency: 'EUR' },
      payment_method: { token: `tok-${count % 50}` },
      merchant: { id: 'shop-1', country: 'DE' },
    });
  };
  return new PacedLoad({ client: api.client, ratePerSecond: RATE_PER_SECOND, nextBody });
}

function repliesOf(sent: readonly Sent[]): DecisionReply[] {
  expect(sent.filter(({ answer }) => answer?.status !== 200)).toEqual([]);
  return sent.map(({ answer }) => JSON.parse(answer?.body ?? '') as DecisionReply);
}

async function checks(): Promise<unknown> {
  return JSON.parse((await api.client.get('/health/ready')).body) as unknown;
}

async function hasLogged(level: string, message: string): Promise<void> {
  await vi.waitFor(() => {
    const messages = api.log.filter((line) => line.level === level).map((line) => line.message);
    expect(messages).toContain(message);
  }, WAIT);
}

describe.skipIf(missing !== null)(
  `files change under load (${missing ?? 'a real process'})`,
  () => {
    test('a changed ruleset decides from then on, without a failed request', async () => {
      const load = startLoad();
      await sleep(AFTERWARDS_MS);
      const text = await readFile(files.ruleset, 'utf8');
      await writeFile(files.ruleset, `${text}\n# changed\n`);
      await vi.waitFor(async () => {
        const metrics = (await api.client.get('/metrics')).body;
        const serving = /tollgate_artifact_info\{artifact="ruleset",version="(\w+)"\} 1/.exec(
          metrics,
        );
        const body = await api.client.send({ path: '/v1/decisions', body: dryRun() });
        const { policy } = JSON.parse(body.body) as DecisionReply;
        expect(policy.version).toBe(serving?.[1]);
        const log = api.log.filter((line) => line.message === 'Ruleset in force');
        expect(log).toHaveLength(2);
        expect(log[1]?.['version']).toBe(policy.version);
      }, WAIT);
      await sleep(AFTERWARDS_MS);
      const versions = repliesOf(await load.stop()).map(({ policy }) => policy.version);
      expect(new Set(versions).size).toBe(2);
      // No request goes back to the version before.
      expect(versions.lastIndexOf(versions[0]!)).toBeLessThan(versions.indexOf(versions.at(-1)!));
    });

    test('a broken ruleset is refused loudly and the one before goes on deciding', async () => {
      const load = startLoad();
      const text = await readFile(files.ruleset, 'utf8');
      await writeFile(files.ruleset, text.replace(/when: .*/, 'when: no_such_feature > 1'));
      await hasLogged(
        'error',
        'The changed ruleset was refused; the version before stays in force',
      );
      const refusal = api.log.find((line) => line.level === 'error');
      expect(String(refusal?.['detail'])).toMatch(/ruleset\.yaml.*no_such_feature/);
      expect(await checks()).toMatchObject({ status: 'degraded', checks: { ruleset: 'stale' } });
      const metrics = (await api.client.get('/metrics')).body;
      expect(metrics).toMatch(/tollgate_reload_failures_total\{artifact="ruleset"\} 1/);
      await sleep(AFTERWARDS_MS);
      const versions = repliesOf(await load.stop()).map(({ policy }) => policy.version);
      expect(new Set(versions).size).toBe(1);

      await writeFile(files.ruleset, text);
      await vi.waitFor(async () => {
        expect(await checks()).toEqual({
          status: 'ready',
          checks: {
            serving: 'up',
            ruleset: 'up',
            traffic_plan: 'up',
            feature_store: 'up',
            model: 'up',
          },
        });
      }, WAIT);
    });

    test('a new model bundle takes over without a failed request', async () => {
      const load = startLoad();
      const next = join(files.models, 'next');
      await cp(join(files.models, '1'), next, { recursive: true });
      const manifest = JSON.parse(await readFile(join(next, 'manifest.json'), 'utf8')) as object;
      await writeFile(join(next, 'manifest.json'), JSON.stringify({ ...manifest, version: '2' }));
      await rename(next, join(files.models, '2'));
      await vi.waitFor(async () => {
        const { body } = await api.client.send({ path: '/v1/decisions', body: dryRun() });
        expect((JSON.parse(body) as DecisionReply).model?.version).toBe('2');
      }, WAIT);
      await sleep(AFTERWARDS_MS);
      const versions = repliesOf(await load.stop()).flatMap(({ model }) => model?.version ?? []);
      expect(new Set(versions)).toEqual(new Set(['1', '2']));
      expect(versions.lastIndexOf('1')).toBeLessThan(versions.indexOf('2'));
    });

    test('a bundle that is refused leaves the one before in service, and says so', async () => {
      const next = join(files.models, 'next');
      await cp(join(files.models, '1'), next, { recursive: true });
      await writeFile(join(next, 'model.onnx'), 'not a model');
      await rename(next, join(files.models, '2'));
      await hasLogged('error', 'The model bundle was refused');
      expect(await checks()).toMatchObject({ status: 'degraded', checks: { model: 'stale' } });
      const { body } = await api.client.send({ path: '/v1/decisions', body: dryRun() });
      expect((JSON.parse(body) as DecisionReply).model?.version).toBe('1');
      await rm(join(files.models, '2'), { recursive: true });
      await vi.waitFor(async () => {
        expect(await checks()).toMatchObject({ status: 'ready', checks: { model: 'up' } });
      }, WAIT);
    });
  },
);

function dryRun(): string {
  const options = { dry_run: true };
  return JSON.stringify({ transaction_id: 'look', amount: { value: 1, currency: 'EUR' }, options });
}
