import type { ModelManifest } from './manifest.js';

/**
 * Fraud seen, for fraud predicted, on the test window: outside this range probabilities mislead.
 */
const OBSERVED_TO_EXPECTED_MIN = 0.5;
const OBSERVED_TO_EXPECTED_MAX = 2;

export interface CalibrationReport {
  /** Mean distance of prediction and truth, weighted by rows, [0, 1]. */
  readonly expectedError: number;
  /** All frauds seen for one predicted; 1 is perfect, NaN when none was predicted. */
  readonly observedToExpected: number;
  readonly warnings: readonly string[];
}

/** Judges the reliability bins of a manifest (expected calibration error, Naeini 2015). */
export function checkCalibration(calibration: ModelManifest['calibration']): CalibrationReport {
  let rows = 0;
  let distance = 0;
  let expected = 0;
  let observed = 0;
  for (const bin of calibration.bins) {
    rows += bin.count;
    distance += bin.count * Math.abs(bin.predicted - bin.observed);
    expected += bin.count * bin.predicted;
    observed += bin.count * bin.observed;
  }
  const observedToExpected = expected > 0 ? observed / expected : Number.NaN;
  const warnings: string[] = [];
  if (rows === 0) {
    warnings.push('the manifest has no reliability bins: calibration is unknown');
  } else if (
    !(observedToExpected >= OBSERVED_TO_EXPECTED_MIN) ||
    observedToExpected > OBSERVED_TO_EXPECTED_MAX
  ) {
    warnings.push(
      `the test window had ${observedToExpected.toFixed(2)} frauds for one predicted: calibrate again`,
    );
  }
  return { expectedError: rows > 0 ? distance / rows : Number.NaN, observedToExpected, warnings };
}
