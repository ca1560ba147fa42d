import { Command } from 'commander';
import { wholeNumber } from '../cli/number-option.js';
import { k6Version, runWithK6 } from './k6.js';
import { runWithOwnGenerator } from './own-generator.js';
import { checkAnswers } from './preflight.js';
import { rescale } from './rescale.js';
import { readScenarios } from './read-scenarios.js';
import { loopbackTarget } from './target.js';

const SCENARIOS_FILE = 'load-tests/scenarios.json';
const RATE_MAX = 100_000;
const SECONDS_MAX = 86_400;

interface Settings {
  readonly url: string;
  readonly key?: string;
  readonly rate?: number;
  readonly duration?: number;
  readonly own?: boolean;
}

const scenarios = await readScenarios(SCENARIOS_FILE);
const list = Object.entries(scenarios).map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`);

const program = new Command('npm run load --')
  .description(
    'Puts an open-loop load on a running service on this machine and writes an HTML report.\n' +
      'Runs k6 where it is on PATH, else a generator of our own, with the same scenarios.',
  )
  .argument('<scenario>', 'one of those below')
  .option('--url <url>', 'where the service listens', 'http://127.0.0.1:8080')
  .option('--key <key>', 'an API key with the scope "decide"')
  .option('--rate <n>', 'another highest rate, requests a second', wholeNumber(1, RATE_MAX))
  .option('--duration <s>', 'another length, seconds', wholeNumber(1, SECONDS_MAX))
  .option('--own', 'use our own generator even where k6 is on PATH')
  .addHelpText('after', `\nScenarios (${SCENARIOS_FILE}):\n${list.join('\n')}`)
  .action(async (name: string, settings: Settings) => {
    const found = scenarios[name];
    if (found === undefined) {
      program.error(
        `there is no scenario ${name}; choose one of ${Object.keys(scenarios).join(', ')}`,
      );
      return;
    }
    const scenario = rescale(found, {
      ...(settings.rate === undefined ? {} : { rate: settings.rate }),
      ...(settings.duration === undefined ? {} : { seconds: settings.duration }),
    });
    const target = await loopbackTarget(settings.url, settings.key ?? null);
    await checkAnswers(target);
    const k6 = settings.own === true ? null : await k6Version();
    const job = { name, scenario, url: settings.url, target };
    const passed = k6 === null ? await runWithOwnGenerator(job) : await runWithK6(k6, job);
    if (!passed) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (cause) {
  program.error(cause instanceof Error ? cause.message : String(cause));
}
