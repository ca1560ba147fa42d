import { Progress } from '../cli/progress.js';
import type { AskRules, BenchSignals, LoadRules } from './rule-engines/bench-engine.js';
import { loadCelJs } from './rule-engines/cel-js.js';
import { loadJsonRulesEngine } from './rule-engines/json-rules-engine.js';
import { loadOurs } from './rule-engines/ours.js';
import { loadZen } from './rule-engines/zen.js';
import { engineNames, type EngineName, type LoadFigures } from './rule-figures.js';
import { simulatedSignals } from './rule-inputs.js';
import { FREQUENT, makeWorkload, RARE, type Rarity } from './rule-workload.js';
import { printRules, toJson } from './rules-report.js';

export interface RulesBenchOptions {
  readonly rounds: number;
  /** How long each engine works in a round. */
  readonly turnMs: number;
  readonly json: boolean;
}

const ENGINES: Readonly<Record<EngineName, LoadRules>> = {
  ours: loadOurs,
  celJs: loadCelJs,
  zen: loadZen,
  jsonRulesEngine: loadJsonRulesEngine,
};

interface Load {
  readonly name: string;
  readonly ruleCount: number;
  readonly rarity: Rarity;
}

const LOADS: readonly Load[] = [
  { name: '100', ruleCount: 100, rarity: RARE },
  { name: '1000', ruleCount: 1_000, rarity: RARE },
  { name: '5000', ruleCount: 5_000, rarity: RARE },
  { name: '1000 hit-heavy', ruleCount: 1_000, rarity: FREQUENT },
];

/** Payments on which the engines must agree; slow engines are compared until their time is up. */
const COMPARED_PAYMENTS = 1_000;
const COMPARE_MS_MAX = 2_500;
const COMPARED_PAYMENTS_MIN = 10;
const US_PER_MS = 1_000;

/**
 * Measures what it costs to ask all rules about one payment, for Tollgate and three other engines:
 * the same rules, the same payments, in turn. Figures are printed only where all engines find the
 * same hits.
 */
export async function runRulesBench(options: RulesBenchOptions): Promise<void> {
  const total = LOADS.length * engineNames.length * (options.rounds + 1);
  const progress = new Progress({ label: 'bench rules', total });
  let done = 0;
  const step = (detail: string): void => {
    done += 1;
    progress.update(done, () => detail);
  };
  const signals = await simulatedSignals();
  const figures: LoadFigures[] = [];
  for (const load of LOADS) figures.push(await measureLoad(load, signals, { ...options, step }));
  progress.finish(done, '');
  if (options.json) console.log(JSON.stringify(await toJson(figures)));
  else await printRules(figures, signals.records.length);
}

interface Turns extends RulesBenchOptions {
  readonly step: (detail: string) => void;
}

async function measureLoad(
  { name, ruleCount, rarity }: Load,
  signals: BenchSignals,
  { rounds, turnMs, step }: Turns,
): Promise<LoadFigures> {
  const workload = makeWorkload(ruleCount, rarity, signals);
  const asked = new Map<EngineName, AskRules>();
  const payments = signals.records.length;
  let expected: readonly string[] = [];
  for (const engine of engineNames) {
    const ask = ENGINES[engine](workload, signals);
    const hits = await hitsOf(ask, Math.min(COMPARED_PAYMENTS, payments));
    if (engine === 'ours') expected = hits;
    refuseDifference(engine, hits, expected);
    asked.set(engine, ask);
    step(`${name} rules: ${engine} agrees on ${hits.length} payments`);
  }
  const us: Record<EngineName, number[]> = { ours: [], celJs: [], zen: [], jsonRulesEngine: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [engine, ask] of asked) {
      us[engine].push(await measureTurn(ask, payments, turnMs));
      step(`${name} rules: ${engine}, round ${round + 1} of ${rounds}`);
    }
  }
  const counts = expected.map((hits) => (hits === '' ? 0 : hits.split(',').length));
  return {
    name,
    us,
    hitsPerPayment: counts.reduce((sum, count) => sum + count, 0) / counts.length,
    hitShare: counts.filter((count) => count > 0).length / counts.length,
  };
}

/** The hits of the first payments, each as one text. Also what warms the engine up. */
async function hitsOf(ask: AskRules, payments: number): Promise<readonly string[]> {
  const found: string[] = [];
  const startMs = performance.now();
  for (let nth = 0; nth < payments; nth += 1) {
    const hits = await ask(nth);
    found.push(hits.toSorted((a, b) => a - b).join());
    const isLate = performance.now() - startMs > COMPARE_MS_MAX;
    if (isLate && found.length >= COMPARED_PAYMENTS_MIN) break;
  }
  return found;
}

function refuseDifference(
  engine: EngineName,
  hits: readonly string[],
  expected: readonly string[],
): void {
  const nth = hits.findIndex((each, index) => each !== expected[index]);
  if (nth === -1) return;
  throw new Error(
    `${engine} and ours differ on payment ${nth}: ` +
      `rules ${hits[nth]!} against ${expected[nth]!}. Nothing was measured.`,
  );
}

/** @returns Microseconds per evaluation of all rules, over payments in turn. */
async function measureTurn(ask: AskRules, payments: number, turnMs: number): Promise<number> {
  const startMs = performance.now();
  let evaluations = 0;
  let elapsedMs = 0;
  while (elapsedMs < turnMs) {
    const hits = ask(evaluations % payments);
    if (hits instanceof Promise) await hits;
    evaluations += 1;
    elapsedMs = performance.now() - startMs;
  }
  return (elapsedMs * US_PER_MS) / evaluations;
}
