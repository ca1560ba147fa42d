import { labelStrengths, type LabelSource } from '#contracts/label-source.js';
import type { EventLabel } from '#features/event-labels.js';

let labelsMade = 0;

/** A label that is like no other; each is said after those before it. */
export function eventLabel(
  label: EventLabel['label'],
  source: LabelSource = 'chargeback',
): EventLabel {
  labelsMade += 1;
  return { id: labelsMade, strength: labelStrengths[source], label, saidAtMs: labelsMade };
}
