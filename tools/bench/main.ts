import { Command } from 'commander';
import { wholeNumber } from '../cli/number-option.js';
import { runExperimentsBench, type ExperimentsOptions } from './experiments.js';
import { runFaultsBench, type FaultsOptions } from './faults.js';
import { runFeaturesBench, type FeaturesBenchOptions } from './features.js';
import { runIngestBench, type IngestOptions } from './ingest.js';
import { runPathBench, type PathOptions } from './path.js';
import { runRulesBench, type RulesBenchOptions } from './rules.js';

const ROUNDS_MAX = 101;
const SECONDS_MAX = 3_600;
const CONCURRENCY_MAX = 1_024;
const RATE_MAX = 50_000;
const COUNT_MAX = 10_000_000;
const TURN_MS_MAX = 60_000;
const SEED_MAX = 1_000_000_000;

const program = new Command('npm run bench --').description(
  'Measures Tollgate on this machine: private servers, its own load, nothing left behind.',
);

program
  .command('path')
  .description(
    'the whole decision path against its floor: a bare Fastify route, one Redis round trip with the same scripts,\n' +
      'one run of the same model, JSON in and out. Both in turn, then the path alone under an open loop.',
  )
  .option('--rounds <n>', 'turns of each', wholeNumber(1, ROUNDS_MAX), 5)
  .option('--round-seconds <s>', 'length of a turn', wholeNumber(1, SECONDS_MAX), 6)
  .option('--concurrency <n>', 'requests under way', wholeNumber(1, CONCURRENCY_MAX), 32)
  .option('--rate <n>', 'of the open loop, per second', wholeNumber(1, RATE_MAX), 1_000)
  .option('--open-seconds <s>', 'length of the open loop', wholeNumber(1, SECONDS_MAX), 60)
  .option('--json', 'print one JSON object and nothing else', false)
  .action((options: PathOptions) => runPathBench(options));

program
  .command('features')
  .description('what features cost: Redis round trips, CPU time and bytes, and the offline rate')
  .option('--rounds <n>', 'rounds of each measurement', wholeNumber(1, ROUNDS_MAX), 5)
  .option('--decisions <n>', 'of a round against Redis', wholeNumber(1, COUNT_MAX), 20_000)
  .option('--transactions <n>', 'of a round offline', wholeNumber(1, COUNT_MAX), 100_000)
  .option('--json', 'print one JSON object and nothing else', false)
  .action((options: FeaturesBenchOptions) => runFeaturesBench(options));

program
  .command('rules')
  .description(
    'what it costs to ask 100, 1,000 and 5,000 rules about a payment: Tollgate, cel-js, ZEN and\n' +
      'json-rules-engine on the same rules and payments, after all of them found the same hits',
  )
  .option('--rounds <n>', 'turns of each engine', wholeNumber(1, ROUNDS_MAX), 5)
  .option('--turn-ms <ms>', 'length of a turn', wholeNumber(1, TURN_MS_MAX), 400)
  .option('--json', 'print one JSON object and nothing else', false)
  .action((options: RulesBenchOptions) => runRulesBench(options));

program
  .command('faults')
  .description(
    'what callers see while Redis is killed, paused, or comes back empty, under an open loop',
  )
  .option('--rate <n>', 'requests a second', wholeNumber(1, RATE_MAX), 300)
  .option('--outage-seconds <s>', 'how long Redis is away', wholeNumber(1, SECONDS_MAX), 5)
  .option('--json', 'print one JSON object and nothing else', false)
  .action((options: FaultsOptions) => runFaultsBench(options));

program
  .command('ingest')
  .description(
    'the way of decisions into a private PostgreSQL: how fast, how far behind, and what it costs\n' +
      'those who wait for decisions, with the consumer running and stopped in turn',
  )
  .option('--rate <n>', 'requests a second', wholeNumber(1, RATE_MAX), 1_000)
  .option('--pairs <n>', 'of windows, running and stopped', wholeNumber(1, ROUNDS_MAX), 11)
  .option('--window-seconds <s>', 'length of a window', wholeNumber(1, SECONDS_MAX), 8)
  .option('--json', 'print one JSON object and nothing else', false)
  .action((options: IngestOptions) => runIngestBench(options));

program
  .command('experiments')
  .description(
    'how often experiments mislead: simulated ones without an effect, looked at after every batch,\n' +
      'and with the planned effect, judged by the code that judges real ones',
  )
  .option('--experiments <n>', 'in all', wholeNumber(1, COUNT_MAX), 10_000)
  .option('--seed <n>', 'of all that is random', wholeNumber(0, SEED_MAX), 1)
  .option('--json', 'print one JSON object and nothing else', false)
  .action((options: ExperimentsOptions) => runExperimentsBench(options));

// The services of a benchmark end with it, those that have a session of their own too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await program.parseAsync();
} catch (cause) {
  program.error(cause instanceof Error ? cause.message : String(cause));
}
