import { expect, test } from 'vitest';
import { loadCelJs } from './rule-engines/cel-js.js';
import { loadJsonRulesEngine } from './rule-engines/json-rules-engine.js';
import { loadOurs } from './rule-engines/ours.js';
import { loadZen } from './rule-engines/zen.js';
import { simulatedSignals } from './rule-inputs.js';
import { FREQUENT, makeWorkload, RARE } from './rule-workload.js';

const world = { seed: 3, startMs: Date.UTC(2026, 0, 5), days: 12, customers: 200, merchants: 60 };

test('all engines find the same hits, so that their times can be compared', async () => {
  const signals = await simulatedSignals(world);
  for (const rarity of [RARE, FREQUENT]) {
    const workload = makeWorkload(300, rarity, signals);
    const asks = [loadOurs, loadCelJs, loadZen, loadJsonRulesEngine].map((load) =>
      load(workload, signals),
    );
    let hits = 0;
    for (let nth = 0; nth < 20; nth += 1) {
      const found = await Promise.all(asks.map(async (ask) => await ask(nth)));
      const [ours, ...others] = found.map((each) => each.toSorted((a, b) => a - b));
      hits += ours!.length;
      for (const other of others) expect(other).toEqual(ours);
    }
    expect(hits).toBeGreaterThan(0);
  }
});
