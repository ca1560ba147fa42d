import { whole } from '../cli/format-number.js';
import { isoTime } from '../cli/iso-time.js';
import { Progress } from '../cli/progress.js';
import { writeCheckpoint } from './checkpoint.js';
import type { Decided } from './decided.js';
import type { HistoryItem } from './history-item.js';
import type { ReplayOutput } from './replay-output.js';
import type { Scorecard } from './scorecard.js';

const CHECKPOINT_INTERVAL_MS = 10_000;

export interface RecorderOptions {
  readonly output: ReplayOutput;
  readonly scorecard: Scorecard;
  /** Null: nothing is written that could be gone on with. */
  readonly checkpointFile: string | null;
  readonly settings: string;
  readonly rowsTotal: number | null;
}

/**
 * Takes what came of each payment, in the order of the history: counts it, writes it, and remembers
 * how far it is.
 */
export class ReplayRecorder {
  readonly progress: Progress;
  /** Done by the run that this one goes on from. */
  readonly paymentsBefore: number;
  private startedMs = performance.now();
  private rows = 0;
  private lastCheckpointMs = performance.now();

  constructor(private readonly options: RecorderOptions) {
    this.paymentsBefore = options.scorecard.payments;
    this.progress = new Progress({ label: 'replay', total: options.rowsTotal });
  }

  /** Counts the time from here on, where something had to be prepared before the first payment. */
  begin(): void {
    this.startedMs = performance.now();
  }

  get elapsedSeconds(): number {
    return (performance.now() - this.startedMs) / 1000;
  }

  /** Returns a promise only when the caller should wait. */
  take(item: HistoryItem, decided: Decided, isFraud: boolean | null): Promise<unknown> | undefined {
    this.rows = item.row + 1;
    this.options.scorecard.count(item, decided, isFraud);
    return this.options.output.write(item, decided, isFraud);
  }

  get isCheckpointDue(): boolean {
    return performance.now() - this.lastCheckpointMs >= CHECKPOINT_INTERVAL_MS;
  }

  /**
   * Call between payments, when all before are taken: shows progress, and now and then saves the
   * place.
   */
  async pause(atMs: number): Promise<void> {
    const { payments } = this.options.scorecard;
    this.progress.update(payments, () => {
      const time = Number.isFinite(atMs) ? `${isoTime(atMs).slice(0, 16)} ` : '';
      const rate = whole((payments - this.paymentsBefore) / this.elapsedSeconds);
      return `${time}${whole(payments)} transactions, ${rate}/s`;
    });
    if (!this.isCheckpointDue) return;
    await this.checkpoint();
    this.lastCheckpointMs = performance.now();
  }

  async checkpoint(): Promise<void> {
    const { checkpointFile, output, settings, scorecard } = this.options;
    if (checkpointFile === null || this.rows === 0) return;
    const files = await output.checkpoint();
    await writeCheckpoint(checkpointFile, {
      format: 'tollgate-replay/1',
      settings,
      rows: this.rows,
      files,
      counts: scorecard.counts(),
    });
  }
}
