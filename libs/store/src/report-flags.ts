import { FLAG_DECLINED, FLAG_FRAUD, FLAG_LEGIT } from '#features/event-record.js';
import type { EventPatch } from '#features/feature-store.js';
import type { TilePatch } from '#features/tile-set.js';

/** A report as a change of an event's flags: clear these bits, then set those. */
export interface FlagChange {
  readonly clear: number;
  readonly set: number;
}

export function flagChangeOf(patch: EventPatch): FlagChange {
  let clear = 0;
  let set = 0;
  if (patch.label !== undefined) {
    clear |= FLAG_FRAUD | FLAG_LEGIT;
    if (patch.label === 'fraud') set |= FLAG_FRAUD;
    if (patch.label === 'legit') set |= FLAG_LEGIT;
  }
  if (patch.declined !== undefined) {
    clear |= FLAG_DECLINED;
    if (patch.declined) set |= FLAG_DECLINED;
  }
  return { clear, set };
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
