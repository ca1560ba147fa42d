import { logBeta, regularizedBeta, regularizedGammaUpper } from './gamma-functions.js';

const NEWTON_STEPS_MAX = 200;
const NEWTON_PRECISION = 1e-15;
/**
 * From here on Student's t is the normal distribution with its first two corrections, which leave
 * out less than 1e-10 of any tail above 1e-13. The continued fraction would lose as much: its
 * argument is too near 1.
 */
const NEARLY_NORMAL_FREEDOM = 1e6;

/** The normal distribution's share below z, [0, 1]; exact in the lower tail. */
export function normalCdf(z: number): number {
  const tail = regularizedGammaUpper(0.5, (z * z) / 2) / 2;
  return z < 0 ? tail : 1 - tail;
}

/**
 * The z with the share p of the normal distribution below it; for an upper tail, negate the
 * quantile of the tail.
 *
 * @param p In (0, 1).
 * @see Abramowitz and Stegun 26.2.23 for the start; Halley's method for the digits.
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  const over = 2.515517 + t * (0.802853 + t * 0.010328);
  let z = over / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 3; step += 1) {
    const miss = (normalCdf(z) - p) / normalDensity(z);
    z -= miss / (1 + (z * miss) / 2);
  }
  return z;
}

/** The probability, [0, 1], that a standard normal is at least as far from 0 as z. */
export function normalTwoSided(z: number): number {
  return regularizedGammaUpper(0.5, (z * z) / 2);
}

/**
 * The probability, [0, 1], that Student's t is at least as far from 0 as t.
 *
 * @param freedom Degrees of freedom, above 0, not necessarily whole.
 */
export function studentTwoSided(t: number, freedom: number): number {
  if (freedom >= NEARLY_NORMAL_FREEDOM) {
    return normalTwoSided(t) + 2 * normalDensity(t) * studentCorrection(Math.abs(t), freedom);
  }
  const squares = t * t;
  const total = freedom + squares;
  return regularizedBeta(freedom / 2, 0.5, freedom / total, squares / total);
}

/**
 * The t above 0 beyond which, on both sides, lies the share alpha of Student's distribution.
 * Newton's method from the normal quantile: the tail is convex and the start lies below, so it
 * cannot overshoot.
 *
 * @param alpha In (0, 1).
 */
export function studentCritical(alpha: number, freedom: number): number {
  let t = -normalQuantile(alpha / 2);
  for (let step = 0; step < NEWTON_STEPS_MAX; step += 1) {
    const change = (studentTwoSided(t, freedom) - alpha) / (2 * studentDensity(t, freedom));
    t += change;
    if (Math.abs(change) <= NEWTON_PRECISION * t) break;
  }
  return t;
}

/** The probability, [0, 1], of a chi-square statistic at least as large; freedom at least 1. */
export function chiSquareUpper(statistic: number, freedom: number): number {
  return regularizedGammaUpper(freedom / 2, statistic / 2);
}

/** The probability, [0, 1], of at most `successes` in `trials` of probability 1/2 each. */
export function fairCoinCdf(successes: number, trials: number): number {
  if (successes < 0) return 0;
  if (successes >= trials) return 1;
  return regularizedBeta(trials - successes, successes + 1, 0.5, 0.5);
}

/** The probability of exactly `successes` in `trials` of probability 1/2 each. */
export function fairCoinPmf(successes: number, trials: number): number {
  const logChoose = -logBeta(successes + 1, trials - successes + 1) - Math.log(trials + 1);
  return Math.exp(logChoose - trials * Math.LN2);
}

function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** @see Fisher (1925), "Expansion of Student's integral in powers of 1/n", Metron 5. */
function studentCorrection(t: number, freedom: number): number {
  const s = t * t;
  const second = s * (s * (3 * s - 7) - 5) - 3;
  return (t * (s + 1)) / (4 * freedom) + (t * second) / (96 * freedom * freedom);
}

function studentDensity(t: number, freedom: number): number {
  const log = -0.5 * (freedom + 1) * Math.log1p((t * t) / freedom) - logBeta(freedom / 2, 0.5);
  return Math.exp(log) / Math.sqrt(freedom);
}
