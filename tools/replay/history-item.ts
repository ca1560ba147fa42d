import type { DecisionRequest } from '#contracts/decision-request.js';
import type { LabelRequest } from '#contracts/outcome-request.js';

/** A label as the history tells it: known this long after its payment. */
export interface HistoryLabel {
  readonly label: LabelRequest['label'];
  readonly source: LabelRequest['source'];
  readonly delayMs: number;
}

/** One payment of a history. */
export interface HistoryItem {
  /** Counts the rows of the file from 0. */
  readonly row: number;
  readonly request: DecisionRequest;
  readonly timeMs: number;
  /** Whether it was fraud in the end; null when the history does not say. */
  readonly isFraud: boolean | null;
  readonly label: HistoryLabel | null;
}

/** What a row became, or why it could not become a request. */
export type ReadRow =
  | { readonly ok: true; readonly item: Omit<HistoryItem, 'row'> }
  | { readonly ok: false; readonly problem: string };

export type RowReader = (row: readonly string[]) => ReadRow;
