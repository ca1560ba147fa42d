import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { expect, test } from 'vitest';
import { formatCatalogueProblem, parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan } from '#features/feature-plan.js';
import { planState } from '#features/state-request.js';
import { slots } from '#features/transaction-slots.js';
import { computeFeatures } from '#features/vector.js';
import { eventLabel } from '#testing/event-label.js';
import { sharedDataFolder } from '#testing/shared-data.js';
import { MemoryFeatureStore } from './memory-feature-store.js';

const LABEL_DELAY_MS = 7 * 86_400_000;
/** Through 2018-05-10: longer than the longest window and delay together. */
const ROWS = 376_000;
/** Each so many rows are compared: enough to meet every customer. */
const COMPARE_EVERY = 7;

const folder = join(sharedDataFolder() ?? '', 'handbook');
const transactions = join(folder, 'dev_2018-04-01_2018-07-31.csv.gz');
const published = join(folder, 'features_upto_2018-07-31.csv.gz');
const available = existsSync(transactions) && existsSync(published);

async function* rowsOf(file: string): AsyncGenerator<string[]> {
  const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()) });
  for await (const line of lines) yield line.split(',');
}

const catalogueFile = 'examples/handbook/features.yaml';

test.skipIf(!available)(
  'the handbook catalogue reproduces the published features (needs ../shared/data)',
  { timeout: 60_000 },
  async () => {
    const parsed = parseCatalogue(readFileSync(catalogueFile, 'utf8'), catalogueFile);
    if (!parsed.ok) throw new Error(parsed.problems.map(formatCatalogueProblem).join('\n'));
    const plan = buildFeaturePlan(parsed.value, 'handbook');
    const store = new MemoryFeatureStore({ now: () => 0 });
    const expectedRows = rowsOf(published);
    const names = (await expectedRows.next()).value as string[];
    const compared = names.slice(1).map((name) => ({ name, slot: plan.schema.slotOf(name)! }));
    const labels: { knownMs: number; id: number }[] = [];
    let nextLabel = 0;
    const wrong = new Set<string>();
    const seen = new Set<string>();
    const ties = new Set<string>();
    let row = 0;
    for await (const fields of rowsOf(transactions)) {
      if (fields[0] === 'TRANSACTION_ID') continue;
      const [id, time, customer, terminal, amount, , , fraud] = fields;
      const timeMs = Date.parse(`${time}Z`);
      const moment = `${customer} at ${time}`;
      (seen.has(moment) ? ties : seen).add(moment);
      while (nextLabel < labels.length && labels[nextLabel]!.knownMs <= timeMs) {
        const eventId = { high: 0, low: labels[nextLabel]!.id };
        store.patchNow([{ eventId, label: eventLabel('fraud') }]);
        nextLabel += 1;
      }
      const record = plan.emptyRecord();
      record.numbers[slots.eventTime] = timeMs;
      record.numbers[slots.amountMinor] = Math.round(Number(amount) * 100);
      record.strings[slots.currency] = 'EUR';
      record.strings[slots.customer] = customer!;
      record.strings[slots.terminalId] = terminal!;
      const eventId = { high: 0, low: Number(id) };
      const states = store.readAndAppendNow({
        claim: null,
        nowMs: 0,
        eventId,
        eventTimeMs: timeMs,
        entities: planState(plan, record, { id: eventId, timeMs }),
        append: true,
      });
      const expected = (await expectedRows.next()).value as string[];
      if (row % COMPARE_EVERY === 0) {
        computeFeatures(plan, record, states, timeMs);
        compared.forEach(({ name, slot }, index) => {
          // Counts are exact; the others are published rounded to ten significant digits.
          const rounding = name.includes('AVG_AMOUNT') ? 1e-6 : 1e-9;
          const tolerance = name.includes('NB_TX') ? 0 : rounding;
          const difference = Math.abs(record.numbers[slot]! - Number(expected[index + 1]));
          if (!(difference <= tolerance)) wrong.add(moment);
        });
      }
      if (fraud === '1') labels.push({ knownMs: timeMs + LABEL_DELAY_MS, id: Number(id) });
      row += 1;
      if (row === ROWS) break;
    }
    // Two transactions of one customer in the same second: the published features take them in
    // another order.
    expect([...wrong].filter((moment) => !ties.has(moment))).toEqual([]);
    expect(row).toBe(ROWS);
  },
);
