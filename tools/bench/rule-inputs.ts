import { DecisionRequest } from '#contracts/decision-request.js';
import { isTextType, type SignalRecord, type SignalSchema } from '#contracts/signals.js';
import { OfflineEngine } from '../replay/offline-engine.js';
import { paymentJson } from '../simulate/payment-json.js';
import { simulatePayments } from '../simulate/simulate-payments.js';
import type { SimulationOptions } from '../simulate/world.js';
import type { BenchSignals } from './rule-engines/bench-engine.js';
import { median } from './spread.js';

const START_MS = Date.UTC(2026, 0, 5);
const WORLD = { seed: 11, startMs: START_MS, days: 15, customers: 2_000, merchants: 500 } as const;
/** The first days fill the windows and are left out. */
const WARM_UP_DAYS = 10;
const MS_PER_DAY = 86_400_000;

/**
 * Online payments of the simulator with all features of `rules/features.yaml`, as the offline
 * engine computes them. The other engines have no notion of a missing value, so that the few gaps
 * are filled: with the signal's median, or an empty text.
 */
export async function simulatedSignals(world: SimulationOptions = WORLD): Promise<BenchSignals> {
  const warmUntilMs = world.startMs + WARM_UP_DAYS * MS_PER_DAY;
  const engine = await OfflineEngine.open({
    featuresFile: 'rules/features.yaml',
    rulesetFolder: null,
    listFolder: 'rules/lists',
    modelFolder: null,
    pseudonymKey: Buffer.alloc(32, 1),
  });
  const records: SignalRecord[] = [];
  let row = 0;
  for (const payment of simulatePayments(world)) {
    const request = DecisionRequest.parse(JSON.parse(paymentJson(payment, `payment-${row}`)));
    const item = { row, request, timeMs: payment.timeMs, isFraud: null, label: null };
    const { prepared } = engine.count(item, engine.prepare(item));
    if (payment.timeMs >= warmUntilMs && payment.device !== null) records.push(prepared.record);
    row += 1;
  }
  await engine.close();
  const { schema } = engine.plan;
  fillGaps(schema, records);
  return { schema, records };
}

function fillGaps(schema: SignalSchema, records: readonly SignalRecord[]): void {
  schema.definitions.forEach(({ type }, slot) => {
    if (isTextType(type)) {
      for (const { strings } of records) strings[slot] ??= '';
      return;
    }
    const known = records.map(({ numbers }) => numbers[slot]!).filter((each) => each === each);
    const filler = known.length === 0 ? 0 : median(known);
    for (const { numbers } of records) if (numbers[slot] !== numbers[slot]) numbers[slot] = filler;
  });
}
