import type { WindowedFeature } from './catalogue-types.js';
import { CODEC_VERSION, type AttributeLayout, type RecordLayout } from './event-record.js';
import { hashText } from './text-hash.js';

/**
 * Each window is counted in this many tiles, so an edge is off by at most a twelfth of the window.
 */
export const TILES_PER_WINDOW = 12;
/**
 * Kept beyond a window, so that an event up to a third of the window late still sees all of its
 * own.
 */
export const TILES_KEPT_LATE = 4;

/** The tiles of one window length; windows that differ only in delay share them. */
export interface TileSeries {
  readonly windowMs: number;
  readonly tileMs: number;
  /** Tiles that ended this long before the newest event are dropped. */
  readonly keepMs: number;
  /** What is counted distinctly in this window. */
  readonly attributes: readonly AttributeLayout[];
}

export interface TileLayout {
  readonly series: readonly TileSeries[];
  readonly record: RecordLayout;
  readonly usesAmount: boolean;
  readonly fingerprint: number;
}

export function tileLayoutOf(
  features: readonly WindowedFeature[],
  record: RecordLayout,
): TileLayout {
  const windows = [...new Set(features.map((feature) => feature.windowMs))].sort((a, b) => a - b);
  const series = windows.map((windowMs): TileSeries => {
    const sharing = features.filter((feature) => feature.windowMs === windowMs);
    const names = new Set(sharing.flatMap((feature) => feature.of ?? []));
    const tileMs = Math.ceil(windowMs / TILES_PER_WINDOW);
    const delayMs = Math.max(...sharing.map((feature) => feature.delayMs));
    return {
      windowMs,
      tileMs,
      keepMs: windowMs + delayMs + TILES_KEPT_LATE * tileMs,
      attributes: record.attributes.filter((attribute) => names.has(attribute.signal)),
    };
  });
  const usesAmount = record.amountOffset >= 0;
  const parts = series.map(
    (one) => `${one.windowMs}:${one.keepMs}:${one.attributes.map((a) => a.signal).join(',')}`,
  );
  const description = `tiles|${CODEC_VERSION}|${TILES_PER_WINDOW}|${usesAmount}|${parts.join('|')}`;
  return { series, record, usesAmount, fingerprint: hashText(description) & 0xffffff };
}
