import { Presets, SingleBar } from 'cli-progress';

const LINE_INTERVAL_MS = 5_000;
const BAR_INTERVAL_MS = 100;

export interface ProgressOptions {
  /** What is done, such as "simulate". */
  readonly label: string;
  /** Of what `done` counts; null when it cannot be known. */
  readonly total: number | null;
}

/**
 * Shows how far long work is: a bar on a terminal, now and then a plain line otherwise; both on
 * standard error.
 */
export class Progress {
  private readonly bar: SingleBar | null;
  private readonly startedMs = performance.now();
  private nextShowMs = this.startedMs;

  constructor(private readonly options: ProgressOptions) {
    const terminal = process.stderr.isTTY;
    this.bar =
      terminal && options.total !== null
        ? new SingleBar(
            {
              format: `${options.label} [{bar}] {percentage} % | {detail} | {eta_formatted} left`,
              hideCursor: true,
              stream: process.stderr,
            },
            Presets.shades_classic,
          )
        : null;
    this.bar?.start(options.total ?? 0, 0, { detail: '' });
  }

  get elapsedSeconds(): number {
    return (performance.now() - this.startedMs) / 1000;
  }

  /** Cheap enough to call often: shows only when it is time. @param detail Made only then. */
  update(done: number, detail: () => string): void {
    const nowMs = performance.now();
    if (nowMs < this.nextShowMs) return;
    this.nextShowMs = nowMs + (this.bar === null ? LINE_INTERVAL_MS : BAR_INTERVAL_MS);
    if (this.bar !== null) {
      this.bar.update(done, { detail: detail() });
      return;
    }
    const { total, label } = this.options;
    const share = total === null || total === 0 ? '' : ` ${Math.floor((100 * done) / total)} %`;
    process.stderr.write(`${label}:${share} ${detail()}\n`);
  }

  finish(done: number, detail: string): void {
    if (this.bar === null) return;
    this.bar.update(done, { detail });
    this.bar.stop();
  }
}
