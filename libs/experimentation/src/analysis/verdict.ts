import type { VerdictCode } from '#contracts/experiment-analysis.js';
import type { Compared } from './compare-metric.js';
import type { GuardrailStatus } from './guardrail.js';

export interface Verdict {
  readonly code: VerdictCode;
  readonly sentence: string;
}

/** One metric of the arm that is judged. */
export interface JudgedMetric {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  readonly absolute: Compared;
  readonly relative: Compared;
  /** The always-valid p-value corrected over arms; null without an estimate. */
  readonly pValue: number | null;
  /** Null when the metric needs no labels. */
  readonly mature: boolean | null;
}

export interface JudgedGuardrail extends JudgedMetric {
  readonly status: GuardrailStatus;
  readonly toleranceRelative: number;
}

export interface VerdictInput {
  readonly armId: string;
  readonly alpha: number;
  readonly sampleRatioSound: boolean;
  readonly primary: JudgedMetric;
  readonly guardrails: readonly JudgedGuardrail[];
  /** Whether as many units as were planned have been seen, or the planned days are over. */
  readonly horizonReached: boolean;
  /** The smallest lift worth having, above 0. */
  readonly minimalEffectRelative: number;
}

/**
 * What to do with an arm, by always-valid evidence only, so that it may be asked at any time. Harm
 * stops at once, even on half the labels, because both arms miss the same ones; a gain waits for
 * labels and for guardrails with a tolerance to pass. Not finding an effect is a result when the
 * planned units or days are over, or when any effect worth having is ruled out.
 */
export function judgeArm(input: VerdictInput): Verdict {
  const { armId, primary, guardrails } = input;
  if (!input.sampleRatioSound) {
    return verdict(
      'invalid_sample_ratio',
      'Units did not fall into the arms as intended: find out why before reading any result.',
    );
  }
  const breached = guardrails.find((guardrail) => guardrail.status === 'breach');
  if (breached !== undefined) {
    return verdict('stop_harm', `${armId} breaches its guardrail: ${effectText(breached, input)}.`);
  }
  const direction = significantDirection(primary, input.alpha);
  if (direction === 'worse') {
    return verdict('stop_harm', `${armId} does harm: ${effectText(primary, input)}.`);
  }
  const end = direction === 'better' ? shipping(input) : withoutEffect(input);
  if (end.code === 'keep_running') return end;
  const immature = [primary, ...guardrails].find((metric) => metric.mature === false);
  if (immature === undefined) return end;
  const waiting = `too few labels for ${immature.name} are known yet`;
  return verdict('not_mature', `${armId} looks decided, but ${waiting}: wait for them.`);
}

function shipping(input: VerdictInput): Verdict {
  const { armId, primary } = input;
  const unclear = input.guardrails.find(
    (guardrail) => guardrail.toleranceRelative > 0 && guardrail.status === 'unclear',
  );
  const gain = `${armId} is better: ${effectText(primary, input)}`;
  return unclear === undefined
    ? verdict('ship', `${gain}, and no guardrail is breached.`)
    : verdict('keep_running', `${gain}, but ${unclear.name} is not yet shown to be safe.`);
}

function withoutEffect(input: VerdictInput): Verdict {
  const { armId, primary, minimalEffectRelative } = input;
  const wanted = percent(minimalEffectRelative);
  if (ruledOut(primary.relative, minimalEffectRelative)) {
    return verdict(
      'stop_no_effect',
      `${armId} makes no difference of ${wanted}: ${effectText(primary, input)}.`,
    );
  }
  if (input.horizonReached) {
    return verdict(
      'stop_no_effect',
      `The planned time is over and ${armId} shows no effect: ${effectText(primary, input)}.`,
    );
  }
  return verdict(
    'keep_running',
    `It is too early to tell whether ${armId} is better: ${effectText(primary, input)}.`,
  );
}

function significantDirection(metric: JudgedMetric, alpha: number): 'better' | 'worse' | null {
  if (metric.absolute.kind === 'insufficient') return null;
  if (metric.pValue === null || metric.pValue >= alpha) return null;
  return metric.absolute.estimate > 0 === (metric.better === 'higher') ? 'better' : 'worse';
}

function ruledOut(relative: Compared, minimalEffect: number): boolean {
  if (relative.kind === 'insufficient') return false;
  const { low, high } = relative.alwaysValid;
  return low > -minimalEffect && high < minimalEffect;
}

function effectText({ name, relative, absolute }: JudgedMetric, { alpha }: VerdictInput): string {
  const level = `${percent(1 - alpha)} always-valid`;
  if (relative.kind === 'estimated') {
    const { low, high } = relative.alwaysValid;
    const range = `${signed(low, percent)} to ${signed(high, percent)}`;
    return `${name} ${signed(relative.estimate, percent)} (${range}, ${level})`;
  }
  if (absolute.kind === 'estimated') {
    const { low, high } = absolute.alwaysValid;
    const range = `${signed(low, plain)} to ${signed(high, plain)}`;
    return `${name} ${signed(absolute.estimate, plain)} (${range}, ${level})`;
  }
  return `${name} has no estimate yet`;
}

function verdict(code: VerdictCode, sentence: string): Verdict {
  return { code, sentence };
}

function percent(share: number): string {
  return `${plain(share * 100)} %`;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function signed(value: number, text: (value: number) => string): string {
  return `${value > 0 ? '+' : ''}${text(value)}`;
}
