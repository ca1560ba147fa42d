import { setImmediate as loopTurns } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';

import type { SignalDefinition } from '#contracts/signals.js';

import {
  copyBundle,
  readGolden,
  readManifest,
  schemaOfBundle,
  shippedBundle,
  tinySchema,
  writeTinyBundle,
} from '../../test/bundle-copy.js';
import { companyModel, meanModel } from '#testing/tiny-onnx.js';
import { ModelHost } from './model-host.js';

const hosts: ModelHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

function emptyHost(): ModelHost {
  const host = ModelHost.start();
  hosts.push(host);
  return host;
}

async function servingHost(): Promise<ModelHost> {
  const host = emptyHost();
  expect(await host.load(shippedBundle, await schemaOfBundle())).toMatchObject({ ok: true });
  return host;
}

const soon = (): number => performance.now() + 5_000;
const probabilityOf = (answer: Awaited<ReturnType<ModelHost['score']>>): number =>
  answer.kind === 'scored' ? answer.probability : Number.NaN;

test('the shipped bundle answers its golden rows as it did when it was trained', async () => {
  const host = await servingHost();
  const golden = await readGolden();
  const answers = await Promise.all(golden.rows.map((row) => host.score(row, soon())));
  const furthest = answers.map((answer, i) =>
    Math.abs(probabilityOf(answer) - (golden.probabilities[i] ?? Number.NaN)),
  );
  expect(Math.max(...furthest)).toBeLessThanOrEqual(1e-5);
});

test('a row has the same bits alone, in a batch and in bulk', async () => {
  const host = await servingHost();
  const { rows } = await readGolden();
  const together = await Promise.all(rows.map((row) => host.score(row, soon())));
  const flat = Float32Array.from(rows.flatMap((row) => [...row]));
  const bulk = await host.scoreBatch(flat, rows.length);
  for (const [i, row] of rows.entries()) {
    const alone = probabilityOf(await host.score(row, soon()));
    expect(probabilityOf(together[i] ?? { kind: 'unavailable', cause: 'MODEL_TIMEOUT' })).toBe(
      alone,
    );
    expect(bulk[i]).toBe(alone);
  }
});

test('the model fills its row from the signals, in its own order', async () => {
  const host = emptyHost();
  const schema = await schemaOfBundle((all) => [...all].reverse());
  await host.load(shippedBundle, schema);
  const { features } = host.current ?? { features: [] };
  const record = schema.emptyRecord();
  features.forEach((name, i) => {
    record.numbers[schema.slotOf(name) ?? -1] = i;
  });
  const row = new Float32Array(features.length);
  host.current?.writeRow(record, row);
  expect([...row]).toEqual(features.map((_, i) => i));
});

test('the caller may use its row again at once', async () => {
  const host = await servingHost();
  const { rows, probabilities } = await readGolden();
  const row = Float32Array.from(rows[0] ?? []);
  const answer = host.score(row, soon());
  row.fill(1e6);
  expect(probabilityOf(await answer)).toBeCloseTo(probabilities[0] ?? -1, 5);
});

test('the highest golden score is explained by reasons of the manifest', async () => {
  const host = await servingHost();
  const { rows, probabilities } = await readGolden();
  const top = probabilities.indexOf(Math.max(...probabilities));
  const reasons = await host.explain(
    rows[top] ?? new Float32Array(),
    probabilities[top] ?? 0,
    soon(),
  );
  const codes = (await readManifest()).reasonGroups.map((group) => group.code);
  expect(reasons?.length).toBeGreaterThan(0);
  expect(codes).toEqual(expect.arrayContaining(reasons?.map((reason) => reason.code) ?? ['none']));
});

const flipByte = (bytes: Uint8Array): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
  return changed;
};
const textOf = (change: (names: string[]) => void) => (manifest: Record<string, unknown>) =>
  change(manifest['features'] as string[]);

test.each<[string, () => Promise<string>, RegExp]>([
  ['no manifest', async () => '/nowhere', /manifest\.json: cannot be read/],
  [
    'a manifest that is not JSON',
    () => copyBundle({ files: { 'manifest.json': '{' }, keepHashes: true }).catch(() => '/nowhere'),
    /manifest\.json/,
  ],
  [
    'a changed model',
    async () => {
      const { readFile } = await import('node:fs/promises');
      const bytes = await readFile(`${shippedBundle}/model.onnx`);
      return copyBundle({ files: { 'model.onnx': flipByte(bytes) }, keepHashes: true });
    },
    /model\.onnx: sha256 differs/,
  ],
  [
    'a file that is not there',
    () =>
      copyBundle({
        manifest: (manifest) =>
          Object.assign(manifest['files'] as object, { 'model.int8.onnx': '0'.repeat(64) }),
      }),
    /model\.int8\.onnx: cannot be read/,
  ],
  [
    'a file outside its folder',
    () =>
      copyBundle({
        manifest: (manifest) =>
          Object.assign(manifest['files'] as object, { '../secret': '0'.repeat(64) }),
      }),
    /stand beside its manifest/,
  ],
  [
    'features in another order',
    () => copyBundle({ manifest: textOf((names) => names.reverse()) }),
    /featuresHash/,
  ],
  [
    'bytes that are no model',
    () => copyBundle({ files: { 'model.onnx': Uint8Array.of(1, 2, 3) } }),
    /model\.onnx does not load/,
  ],
  [
    'a model of another width',
    () => copyBundle({ files: { 'model.onnx': meanModel(3) } }),
    /input of model\.onnx must be float32/,
  ],
  [
    'golden rows that the model answers otherwise',
    async () => {
      const { readFile } = await import('node:fs/promises');
      const golden = JSON.parse(await readFile(`${shippedBundle}/golden.json`, 'utf8')) as {
        probabilities: number[];
      };
      golden.probabilities = golden.probabilities.map((value, i) => (i === 7 ? 1 - value : value));
      return copyBundle({ files: { 'golden.json': JSON.stringify(golden) } });
    },
    /golden row 7/,
  ],
])('a bundle with %s is refused and the old one keeps serving', async (_, make, complaint) => {
  const host = await servingHost();
  const before = host.current;
  const loaded = await host.load(await make(), await schemaOfBundle());
  expect(loaded.ok ? 'accepted' : loaded.errors.join('\n')).toMatch(complaint);
  const { rows } = await readGolden();
  expect(host.current).toBe(before);
  expect(await host.score(rows[0] ?? new Float32Array(), soon())).toMatchObject({ kind: 'scored' });
});

test.each<[string, (definitions: SignalDefinition[]) => SignalDefinition[], RegExp]>([
  ['lacks', (all) => all.slice(1), /is not in the feature catalogue/],
  [
    'has as text',
    (all) => all.map((one, i) => (i === 0 ? { ...one, type: 'string' } : one)),
    /is a string: a model reads numbers/,
  ],
])('a bundle with a feature that the catalogue %s is refused', async (_, change, complaint) => {
  const loaded = await emptyHost().load(shippedBundle, await schemaOfBundle(change));
  expect(loaded.ok ? 'accepted' : loaded.errors.join('\n')).toMatch(complaint);
});

test('a model trained on another catalogue serves with a warning', async () => {
  const schema = await schemaOfBundle();
  const options = { featureSetVersion: 'f'.repeat(64) };
  const loaded = await emptyHost().load(shippedBundle, schema, options);
  expect(loaded.ok ? loaded.warnings.join() : '').toMatch(
    /another version of the feature catalogue/,
  );
});

test('a model whose answers depend on their company serves one row at a time', async () => {
  const folder = await writeTinyBundle(companyModel(4), [[[0.4, 0.8, 0.4, 0.4], 0.500002]]);
  const host = emptyHost();
  const loaded = await host.load(folder, tinySchema);
  expect(loaded.ok ? loaded.warnings.join() : loaded.errors.join()).toMatch(/one row at a time/);
  const row = Float32Array.of(0.1, 0.3, 0.2, 0.6);
  const alone = await host.score(row, soon());
  const crowd = await Promise.all(
    Array.from({ length: 50 }, (_, i) => host.score(i === 9 ? row : row.map((v) => v / 2), soon())),
  );
  expect(crowd[9]).toEqual(alone);
});

test('a swap under load fails no request, and each is answered by one version', async () => {
  const host = await servingHost();
  const schema = await schemaOfBundle();
  const { rows, probabilities } = await readGolden();
  const versions = new Map<string, number>();
  let wrong = 0;
  let isRunning = true;
  const client = async (first: number): Promise<void> => {
    for (let i = first; isRunning; i += 1) {
      const at = i % rows.length;
      const answer = await host.score(rows[at] ?? new Float32Array(), soon());
      const key = answer.kind === 'scored' ? answer.modelVersion : answer.cause;
      versions.set(key, (versions.get(key) ?? 0) + 1);
      if (!(Math.abs(probabilityOf(answer) - (probabilities[at] ?? 2)) <= 1e-5)) wrong += 1;
      // A worker that answers at once would otherwise never let the event loop poll.
      await loopTurns();
    }
  };
  const clients = Array.from({ length: 16 }, (_, i) => client(i));
  for (const version of ['2', '3']) {
    const folder = await copyBundle({
      manifest: (manifest) => Object.assign(manifest, { version }),
    });
    expect(await host.load(folder, schema)).toMatchObject({ ok: true });
    await vi.waitFor(() => expect(versions.has(version)).toBe(true), 10_000);
  }
  isRunning = false;
  await Promise.all(clients);
  expect([...versions.keys()].sort()).toEqual(['1', '2', '3']);
  expect(wrong).toBe(0);
});

test('the previous model still explains what it scored just before the swap', async () => {
  const host = await servingHost();
  const { rows, probabilities } = await readGolden();
  const top = probabilities.indexOf(Math.max(...probabilities));
  const previous = host.current;
  const folder = await copyBundle({});
  await host.load(folder, await schemaOfBundle());
  expect(host.current).not.toBe(previous);
  const row = rows[top] ?? new Float32Array();
  expect(await previous?.explain(row, probabilities[top] ?? 0, soon())).not.toBeNull();
});

test('without a model, and after the end, the answer is unavailable and never an error', async () => {
  const host = emptyHost();
  const row = new Float32Array(4);
  const nothing = { kind: 'unavailable', cause: 'MODEL_UNAVAILABLE' };
  expect(await host.score(row, soon())).toEqual(nothing);
  expect(await host.explain(row, 0.9, soon())).toBeNull();
  await host.load(await writeTinyBundle(meanModel(4)), tinySchema);
  const model = host.current;
  expect(await model?.score(row, soon())).toMatchObject({ kind: 'scored', probability: 0 });
  await host.close();
  expect(await model?.score(row, soon())).toEqual(nothing);
  expect(await host.score(row, soon())).toEqual(nothing);
});
