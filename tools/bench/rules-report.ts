import { readFile } from 'node:fs/promises';
import { describeMachine, machineLine } from './machine.js';
import { engineNames, type EngineName, type LoadFigures } from './rule-figures.js';
import { median, spread } from './spread.js';

const PACKAGES = {
  celJs: '@marcbachmann/cel-js',
  zen: '@gorules/zen-engine',
  jsonRulesEngine: 'json-rules-engine',
} as const;

/** By number of rules, the medians; with it what a reader needs to judge them. */
export async function toJson(figures: readonly LoadFigures[]): Promise<object> {
  const loads = figures.map((load) => {
    const medians = engineNames.map((name) => [`${name}Us`, round(median(load.us[name]))] as const);
    const { hitsPerPayment, hitShare } = load;
    return [load.name, { ...Object.fromEntries(medians), hitsPerPayment, hitShare }] as const;
  });
  const machine = await describeMachine();
  return { ...Object.fromEntries(loads), machine, versions: await versionsOf() };
}

export async function printRules(figures: readonly LoadFigures[], payments: number): Promise<void> {
  const versions = await versionsOf();
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  console.log(machineLine(await describeMachine()));
  console.log(named.join(', '));
  console.log(
    `All rules asked about one of ${payments} simulated payments; median of the rounds, half the range beside it.\n`,
  );
  for (const load of figures) printLoad(load);
  console.log(
    'cel-js runs all rules as one program. ZEN and json-rules-engine get the hour worked out, ZEN also the lists.\n' +
      'ZEN has no synchronous call: its figure holds a hop to its thread and back.',
  );
}

function printLoad({ name, us, hitsPerPayment, hitShare }: LoadFigures): void {
  const ours = median(us.ours);
  const hits = `${hitsPerPayment.toFixed(2)} hits a payment, ${(hitShare * 100).toFixed(0)} % with one`;
  console.log(`${name} rules: ${hits}`);
  for (const engine of engineNames) {
    const value = median(us[engine]);
    const factor = engine === 'ours' ? '' : `${(value / ours).toFixed(1)} x ours`;
    const share = `± ${(spread(us[engine]) * 100).toFixed(0)} %`;
    const label = titleOf(engine).padEnd(20);
    console.log(`  ${label}${value.toFixed(1).padStart(12)} us  ${share.padEnd(8)}${factor}`);
  }
  console.log('');
}

function titleOf(engine: EngineName): string {
  return engine === 'ours' ? 'Tollgate' : PACKAGES[engine].replace(/^.*\//, '');
}

/** As pinned, which is as installed. */
async function versionsOf(): Promise<Record<string, string>> {
  const text = await readFile('package.json', 'utf8');
  const { dependencies, devDependencies } = JSON.parse(text) as PackageFile;
  const pinned = { ...dependencies, ...devDependencies };
  return Object.fromEntries(Object.values(PACKAGES).map((name) => [name, pinned[name] ?? '?']));
}

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function round(us: number): number {
  return Math.round(us * 100) / 100;
}
