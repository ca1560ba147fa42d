// Runs in Node and in k6, which resolves no packages: only types are imported here.
import type { Scenario, Stage } from './scenario.js';

/** The scenario at another rate (its highest; the others in proportion) or of another length. */
export function rescale(
  scenario: Scenario,
  change: { readonly rate?: number; readonly seconds?: number },
): Scenario {
  const peak = Math.max(...scenario.stages.flatMap(({ fromRate, toRate }) => [fromRate, toRate]));
  const rateFactor = change.rate === undefined ? 1 : change.rate / peak;
  const timeFactor = change.seconds === undefined ? 1 : change.seconds / secondsOf(scenario.stages);
  const stages = scenario.stages.map(({ seconds, fromRate, toRate }) => ({
    seconds: seconds * timeFactor,
    fromRate: fromRate * rateFactor,
    toRate: toRate * rateFactor,
  }));
  return { ...scenario, stages };
}

export function secondsOf(stages: readonly Stage[]): number {
  return stages.reduce((sum, { seconds }) => sum + seconds, 0);
}
