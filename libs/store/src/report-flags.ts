import { flagsInForce, LABEL_FLAGS, withLabel, type EventLabel } from '#features/event-labels.js';
import { FLAG_DECLINED, FLAG_FRAUD } from '#features/event-record.js';
import type { EventPatch } from '#features/feature-store.js';
import type { TilePatch } from '#features/tile-set.js';

/** A report as a change of an event's flags: clear these bits, then set those. */
export interface FlagChange {
  readonly clear: number;
  readonly set: number;
}

/** What is known of an event: its flags, and the labels that two of them follow from. */
export interface EventReports {
  readonly flags: number;
  readonly labels: readonly EventLabel[];
}

/** What is known of an event once a report is added. */
export function withReport(known: EventReports, patch: EventPatch): EventReports {
  let { flags, labels } = known;
  if (patch.label !== undefined) {
    labels = withLabel(labels, patch.label);
    flags = (flags & ~LABEL_FLAGS) | flagsInForce(labels);
  }
  if (patch.declined === true) flags |= FLAG_DECLINED;
  if (patch.declined === false) flags &= ~FLAG_DECLINED;
  return { flags, labels };
}

/** How flags become what they are now: in full, since an earlier try may have failed. */
export function flagChangeTo(flags: number): FlagChange {
  return { clear: LABEL_FLAGS | FLAG_DECLINED, set: flags };
}

/** What a change of flags means for tiles, which count rather than mark; null = nothing. */
export function tilePatchOf(timeMs: number, before: number, after: number): TilePatch | null {
  const step = (flag: number): -1 | 0 | 1 => {
    const was = (before & flag) !== 0;
    const is = (after & flag) !== 0;
    if (was === is) return 0;
    return is ? 1 : -1;
  };
  const patch = { timeMs, declines: step(FLAG_DECLINED), frauds: step(FLAG_FRAUD) };
  return patch.declines === 0 && patch.frauds === 0 ? null : patch;
}
