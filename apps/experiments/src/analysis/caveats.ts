import type { AnalysisInput } from '#experimentation/analysis/analyse-experiment.js';
import type { AnalysisRun } from './analysis-run.js';

/** Above this share of units in two arms, arms do not stick: something is broken. */
const TWO_ARMS_SHARE_MAX = 0.01;
/** Fewer units in an arm, and the central limit theorem has not set in. */
const UNITS_MIN = 300;
const SHARE_KNOWN_MIN = 0.8;

/** What to know before acting on the numbers, as sentences. */
export function caveatsOf(run: AnalysisRun): string[] {
  return [...aboutUnits(run), ...aboutLabels(run.input), ...aboutMoney(run)];
}

function aboutUnits(run: AnalysisRun): string[] {
  const { input, analysis, unitsInTwoArms, movedUnits } = run;
  const caveats: string[] = [];
  const fewest = Math.min(...[input.control, ...input.treatments].map(({ units }) => units));
  if (fewest < UNITS_MIN) {
    caveats.push(
      `An arm has ${fewest} units; intervals mean what they say from ${UNITS_MIN} in every arm on.`,
    );
  }
  if (unitsInTwoArms > 0) {
    const all = analysis.units + unitsInTwoArms;
    const broken = unitsInTwoArms > TWO_ARMS_SHARE_MAX * all;
    caveats.push(
      `${unitsInTwoArms} of ${all} units were seen in two arms and are left out` +
        (broken ? ': arms do not stick to their units; find out why.' : '.'),
    );
  }
  if (movedUnits > 0) {
    caveats.push(
      `${movedUnits} units were in another arm before the last change of weights; they count where ` +
        'they are now, and what they bring along makes arms look a little more alike.',
    );
  }
  return caveats;
}

function aboutLabels(input: AnalysisInput): string[] {
  const judged = [input.primary, ...input.guardrails, ...input.secondary];
  if (!judged.some(({ needsLabels }) => needsLabels)) return [];
  const shares = [input.control, ...input.treatments].map(({ shareKnown }) => shareKnown);
  const known = shares.filter((share) => share !== null);
  return aboutShareKnown(known.length < shares.length ? null : Math.min(...known));
}

/** @param shareKnown Of the labels that will come, [0, 1]; null when unknown. */
export function aboutShareKnown(shareKnown: number | null): string[] {
  if (shareKnown === null) {
    return [
      'How many labels are still to come is unknown: fraud may be under-counted by any amount.',
    ];
  }
  if (shareKnown >= SHARE_KNOWN_MIN) return [];
  const percent = Math.round(shareKnown * 100);
  return [`About ${percent} % of the labels that will come are known: fraud is under-counted.`];
}

function aboutMoney({ input, experiment }: AnalysisRun): string[] {
  const judged = [input.primary, ...input.guardrails, ...input.secondary];
  if (!judged.some(({ metricId }) => metricId === 'net_value')) return [];
  const { economics, currency } = experiment.definition;
  return [
    `Net value counts a margin of ${economics.margin_share * 100} %, ` +
      `${economics.fraud_loss_share * 100} % of fraud as lost, ` +
      `${economics.challenge_cost_minor} for a challenge and ` +
      `${economics.review_cost_minor} for a review (minor units of ${currency}).`,
  ];
}
