import type { Options, Scenario as K6Scenario } from 'k6/options';
import { rescale } from '../../tools/load/rescale.ts';
import type { Scenario, Scenarios, Stage } from '../../tools/load/scenario.ts';

// The same file that our own generator reads.
const scenarios = JSON.parse(open('../scenarios.json')) as Scenarios;

/**
 * Of a connection a request is under way for at most this long: enough virtual users never to hold
 * one back.
 */
const SLOWEST_EXPECTED_SECONDS = 0.25;
const VIRTUAL_USERS_MIN = 20;
const VIRTUAL_USERS_MAX = 2_000;

/**
 * The scenario as written, or as changed by RATE and DURATION (seconds), or by STAGES, which `npm
 * run load` sends.
 */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios[name];
  if (found === undefined) throw new Error(`scenarios.json has no ${name}`);
  const { STAGES, RATE, DURATION } = __ENV;
  if (STAGES) return { ...found, stages: JSON.parse(STAGES) as Stage[] };
  return rescale(found, {
    ...(RATE ? { rate: Number(RATE) } : {}),
    ...(DURATION ? { seconds: Number(DURATION) } : {}),
  });
}

/** k6 options of a scenario: an open model, and its thresholds. */
export function optionsOf(name: string): Options {
  const { stages, thresholds } = scenarioNamed(name);
  return {
    scenarios: { [name]: executorOf(stages) },
    thresholds: {
      http_req_duration: [
        ...(thresholds.p99Ms === undefined ? [] : [`p(99)<=${thresholds.p99Ms}`]),
        ...(thresholds.p999Ms === undefined ? [] : [`p(99.9)<=${thresholds.p999Ms}`]),
      ],
      ...(thresholds.failedShareMax === undefined
        ? {}
        : {
            http_req_failed: [`rate<=${thresholds.failedShareMax}`],
            checks: [`rate>=${1 - thresholds.failedShareMax}`],
          }),
      ...(thresholds.droppedMax === undefined
        ? {}
        : { dropped_iterations: [`count<=${thresholds.droppedMax}`] }),
    },
    summaryTrendStats: ['avg', 'med', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max'],
    discardResponseBodies: false,
  };
}

/**
 * Arrivals come at their rate whatever the answers do; a closed model would slow down with the
 * service.
 */
function executorOf(stages: readonly Stage[]): K6Scenario {
  const rates = stages.flatMap(({ fromRate, toRate }) => [fromRate, toRate]);
  const wanted = Math.ceil(Math.max(...rates) * SLOWEST_EXPECTED_SECONDS);
  const preAllocatedVUs = Math.min(VIRTUAL_USERS_MAX, Math.max(VIRTUAL_USERS_MIN, wanted));
  let rate = stages[0]?.fromRate ?? 0;
  return {
    executor: 'ramping-arrival-rate',
    startRate: Math.round(rate),
    timeUnit: '1s',
    preAllocatedVUs,
    maxVUs: VIRTUAL_USERS_MAX,
    stages: stages.flatMap(({ seconds, fromRate, toRate }) => {
      const jump = fromRate === rate ? [] : [{ target: Math.round(fromRate), duration: '0s' }];
      rate = toRate;
      return [...jump, { target: Math.round(toRate), duration: `${seconds}s` }];
    }),
  };
}
