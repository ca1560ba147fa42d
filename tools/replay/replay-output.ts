import { stat, truncate } from 'node:fs/promises';
import { LineWriter } from '../cli/line-writer.js';
import type { Decided } from './decided.js';
import type { HistoryItem } from './history-item.js';
import type { SignalValue } from './signal-columns.js';

const DECISION_COLUMNS = 'transaction_id,decision,probability,risk_score,rules,degraded,label';

export interface OutputPaths {
  /** Null: not wanted. */
  readonly decisions: string | null;
  readonly features: string | null;
  readonly featureNames: readonly string[];
}

/** How long each file was at a checkpoint, in bytes. */
export type FileSizes = Readonly<Record<string, number>>;

/** The files a replay writes, row by row in the order of the history. */
export class ReplayOutput {
  private constructor(
    private readonly paths: OutputPaths,
    private decisions: LineWriter | null,
    private features: LineWriter | null,
  ) {}

  /** @param resumeAt  Cuts the files back to this checkpoint and goes on; null starts them anew. */
  static async open(paths: OutputPaths, resumeAt: FileSizes | null): Promise<ReplayOutput> {
    const open = async (path: string | null, header: string): Promise<LineWriter | null> => {
      if (path === null) return null;
      const size = resumeAt?.[path];
      if (size !== undefined) await truncate(path, size);
      const writer = await LineWriter.open(path, size !== undefined);
      if (size === undefined) await writer.write(header);
      return writer;
    };
    return new ReplayOutput(
      paths,
      await open(paths.decisions, DECISION_COLUMNS),
      await open(paths.features, ['transaction_id', ...paths.featureNames].join(',')),
    );
  }

  /** Returns a promise only when the caller should wait for the files to catch up. */
  write(
    item: HistoryItem,
    decided: Decided,
    isFraud: boolean | null,
  ): Promise<unknown> | undefined {
    const id = cell(item.request.transaction_id);
    const first = this.decisions?.write(`${id},${decisionCells(decided, isFraud)}`);
    const second = this.features?.write(id + decided.features.map(featureCell).join(''));
    if (first === undefined || second === undefined) return first ?? second;
    return Promise.all([first, second]);
  }

  /**
   * Puts everything on disk, so that the files can be cut back to here; compressed files begin a
   * new member.
   */
  async checkpoint(): Promise<FileSizes> {
    await this.close();
    const sizes: Record<string, number> = {};
    for (const path of [this.paths.decisions, this.paths.features]) {
      if (path !== null) sizes[path] = (await stat(path)).size;
    }
    this.decisions = await reopen(this.paths.decisions);
    this.features = await reopen(this.paths.features);
    return sizes;
  }

  async close(): Promise<void> {
    await Promise.all([this.decisions?.close(), this.features?.close()]);
  }
}

function reopen(path: string | null): Promise<LineWriter> | null {
  return path === null ? null : LineWriter.open(path, true);
}

function decisionCells(decided: Decided, isFraud: boolean | null): string {
  const { decision, probability, riskScore, rules, degraded } = decided;
  const label = isFraud === null ? '' : isFraud ? 'fraud' : 'legit';
  return `${decision ?? ''},${probability ?? ''},${riskScore ?? ''},${rules.join(' ')},${degraded},${label}`;
}

function featureCell(value: SignalValue): string {
  if (value === null) return ',';
  return typeof value === 'number' ? `,${value}` : `,${cell(value)}`;
}

/** A text as a CSV cell (RFC 4180). */
function cell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
