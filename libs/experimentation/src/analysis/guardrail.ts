import type { Compared } from './compare-metric.js';

export type GuardrailStatus = 'pass' | 'unclear' | 'breach';

/**
 * Whether a metric that must not get worse did: breached when the whole always-valid interval lies
 * on the bad side of the tolerance, passed when none of it does, unclear between. Without a
 * relative effect (a control of zero) the absolute one is held against no worsening at all.
 *
 * @param toleranceRelative How much worse is accepted, 0 or more: 0.02 is two percent of the
 * control.
 */
export function guardrailStatus(
  { absolute, relative }: { readonly absolute: Compared; readonly relative: Compared },
  better: 'higher' | 'lower',
  toleranceRelative: number,
): GuardrailStatus {
  if (relative.kind === 'estimated') return judge(relative, better, toleranceRelative);
  return absolute.kind === 'estimated' ? judge(absolute, better, 0) : 'unclear';
}

function judge(
  { alwaysValid }: Extract<Compared, { kind: 'estimated' }>,
  better: 'higher' | 'lower',
  tolerance: number,
): GuardrailStatus {
  const leastHarm = better === 'higher' ? -alwaysValid.high : alwaysValid.low;
  const mostHarm = better === 'higher' ? -alwaysValid.low : alwaysValid.high;
  if (leastHarm > tolerance) return 'breach';
  return mostHarm <= tolerance ? 'pass' : 'unclear';
}
