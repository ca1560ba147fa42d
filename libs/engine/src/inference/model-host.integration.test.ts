import { afterEach, expect, test } from 'vitest';

import { readGolden, schemaOfBundle, shippedBundle } from '../../test/bundle-copy.js';
import { ModelHost } from './model-host.js';

const hosts: ModelHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function startHost(): Promise<ModelHost> {
  const host = ModelHost.start();
  hosts.push(host);
  const loaded = await host.load(shippedBundle, await schemaOfBundle());
  expect(loaded).toMatchObject({ ok: true });
  return host;
}

const soon = (): number => performance.now() + 1_000;

test('the shipped bundle loads and answers its golden rows', async () => {
  const host = await startHost();
  const golden = await readGolden();
  const answers = await Promise.all(golden.rows.map((row) => host.score(row, soon())));
  answers.forEach((answer, i) => {
    expect(answer).toMatchObject({ kind: 'scored', modelId: 'fraud' });
    if (answer.kind === 'scored')
      expect(answer.probability).toBeCloseTo(golden.probabilities[i] ?? -1, 5);
  });
});
