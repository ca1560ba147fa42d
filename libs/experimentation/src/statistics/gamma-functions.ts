const STIRLING_FROM = 10;
const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
const TERMS_MAX = 10_000;
const PRECISION = 1e-16;
/** Keeps Lentz's fraction from dividing by zero; far below anything that matters. */
const TINY = 1e-300;

/**
 * The natural logarithm of the gamma function.
 *
 * @param x Above 0.
 * @see Abramowitz and Stegun, 6.1.15 (recurrence) and 6.1.40 (Stirling's series).
 */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < STIRLING_FROM) {
    product *= shifted;
    shifted += 1;
  }
  const stirling = (shifted - 0.5) * Math.log(shifted) - shifted + LOG_SQRT_TWO_PI;
  return stirling + stirlingError(shifted) - Math.log(product);
}

/**
 * The natural logarithm of the beta function, without the cancellation that three logarithms of
 * large gammas would bring: with a million degrees of freedom those leave nine digits.
 *
 * @param a Above 0.
 * @param b Above 0.
 * @see Didonato and Morris (1992), ACM TOMS 18, algorithm 708.
 */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < STIRLING_FROM) return logGamma(small) + logGamma(large) - logGamma(small + large);
  const sum = small + large;
  const fromLarge = (large - 0.5) * Math.log1p(-small / sum);
  const error = stirlingError(large) - stirlingError(sum);
  if (small < STIRLING_FROM) {
    return logGamma(small) + error + small - small * Math.log(sum) + fromLarge;
  }
  const fromSmall = (small - 0.5) * Math.log(small / sum) - 0.5 * Math.log(sum);
  return fromSmall + fromLarge + LOG_SQRT_TWO_PI + stirlingError(small) + error;
}

/**
 * The regularised incomplete beta function I_x(a, b). Takes the complement of x as well, because 1
 * - x has lost what matters when x is near 1.
 *
 * @param x In [0, 1].
 * @param y 1 - x.
 * @see NIST DLMF 8.17.22, by the method of Lentz.
 */
export function regularizedBeta(a: number, b: number, x: number, y: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const logX = x > 0.5 ? Math.log1p(-y) : Math.log(x);
  const logY = y > 0.5 ? Math.log1p(-x) : Math.log(y);
  const front = Math.exp(a * logX + b * logY - logBeta(a, b));
  if (x < (a + 1) / (a + b + 2)) return (front / a) * betaFraction(a, b, x);
  return 1 - (front / b) * betaFraction(b, a, y);
}

/**
 * The upper regularised incomplete gamma function Q(a, x).
 *
 * @param a Above 0.
 * @param x 0 or more.
 * @see NIST DLMF 8.7.1 (series) and 8.9.2 (continued fraction).
 */
export function regularizedGammaUpper(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - front * gammaSeries(a, x) : front * gammaFraction(a, x);
}

function stirlingError(x: number): number {
  const s = 1 / (x * x);
  const tail = 1 / 1188 - s * (691 / 360_360 - s / 156);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * tail)))) / x;
}

function gammaSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let nth = 1; nth < TERMS_MAX && term > sum * PRECISION; nth += 1) {
    term *= x / (a + nth);
    sum += term;
  }
  return sum;
}

function gammaFraction(a: number, x: number): number {
  return lentz(x + 1 - a, (nth) => ({ over: -nth * (nth - a), under: x + 2 * nth + 1 - a }));
}

function betaFraction(a: number, b: number, x: number): number {
  return lentz(1, (nth) => {
    const m = Math.floor(nth / 2);
    const over =
      nth % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    return { over, under: 1 };
  });
}

/** 1 / (first + over1 / (under1 + over2 / (under2 + ...))), by the modified method of Lentz. */
function lentz(first: number, step: (nth: number) => { over: number; under: number }): number {
  let c = first === 0 ? TINY : first;
  let d = 1 / c;
  c = 1 / TINY;
  let value = d;
  for (let nth = 1; nth < TERMS_MAX; nth += 1) {
    const { over, under } = step(nth);
    d = under + over * d;
    d = 1 / (d === 0 ? TINY : d);
    c = under + over / c;
    if (c === 0) c = TINY;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < PRECISION * 4) break;
  }
  return value;
}
