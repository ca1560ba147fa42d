import '#config/onnx-telemetry-off.js';

import { Worker } from 'node:worker_threads';

import {
  ANSWERED,
  ASKED,
  COMPUTE_MICROS,
  ENDING,
  FAILED,
  ROWS,
  shareMemory,
  SLOTS_FROM,
  type WorkerData,
  type WorkerMemory,
  type WorkerMessage,
} from './worker-memory.js';

export interface OnnxThreadOptions {
  readonly model: Uint8Array;
  readonly featureCount: number;
  readonly slots: number;
  readonly batchRowsMax: number;
}

export type StartedThread =
  | { readonly ok: true; readonly value: OnnxThread }
  | { readonly ok: false; readonly errors: readonly string[] };

const START_MS_MAX = 20_000;
const END_MS_MAX = 2_000;

/** The worker's own JavaScript is small: ONNX Runtime's memory is outside these limits. */
const WORKER_LIMITS = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4, stackSizeMb: 2 };

/** Compiled beside this file, or TypeScript itself when this file is. */
const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './onnx-worker.ts' : './onnx-worker.js',
  import.meta.url,
);
const WORKER_FLAGS = import.meta.url.endsWith('.ts') ? ['--conditions=source'] : [];

/**
 * One ONNX session in a thread of its own. It runs one batch at a time; the caller keeps to that.
 */
export class OnnxThread {
  /** Called once when the thread ends without `close`: it crashed, or was stopped as hung. */
  onLost: (reason: string) => void = () => undefined;
  onRunFailed: (message: string) => void = () => undefined;
  private asked = 0;
  private isClosed = false;

  private constructor(
    private readonly worker: Worker,
    private readonly memory: WorkerMemory,
    private readonly featureCount: number,
  ) {}

  /**
   * Starts the thread and waits until its session is there, or says why the model cannot be served.
   */
  static async start(options: OnnxThreadOptions): Promise<StartedThread> {
    const { featureCount, slots, batchRowsMax } = options;
    const memory = shareMemory({ slots, featureCount, batchRowsMax });
    const data: WorkerData = { ...memory, model: options.model, featureCount };
    const worker = new Worker(WORKER_FILE, {
      workerData: data,
      execArgv: WORKER_FLAGS,
      resourceLimits: WORKER_LIMITS,
    });
    const errors = await firstAnswer(worker);
    if (errors.length > 0) {
      endSoon(worker, memory);
      return { ok: false, errors };
    }
    const thread = new OnnxThread(worker, memory, featureCount);
    thread.watch();
    return { ok: true, value: thread };
  }

  get threadId(): number {
    return this.worker.threadId;
  }

  /**
   * The slot's row, to be filled before the run that names it and left alone until that run has
   * ended.
   */
  row(slot: number): Float32Array {
    const from = slot * this.featureCount;
    return this.memory.rows.subarray(from, from + this.featureCount);
  }

  writeRow(slot: number, row: Float32Array): void {
    this.memory.rows.set(row, slot * this.featureCount);
  }

  /**
   * The answers of the last run in its order of slots. Shared memory: the next run overwrites it.
   */
  get outputs(): Float32Array {
    return this.memory.outputs;
  }

  get computeMicros(): number {
    return this.memory.control[COMPUTE_MICROS] as number;
  }

  /** Whether the last run is over. */
  get isAnswered(): boolean {
    return Atomics.load(this.memory.control, ANSWERED) === this.asked;
  }

  /** Whether the last run gave outputs. */
  get succeeded(): boolean {
    return this.memory.control[FAILED] === 0;
  }

  /** Runs a batch. Never settles when the thread is lost: `onLost` tells that. */
  async run(slots: readonly number[]): Promise<void> {
    const { control } = this.memory;
    control[ROWS] = slots.length;
    for (let i = 0; i < slots.length; i += 1) control[SLOTS_FROM + i] = slots[i] as number;
    const answeredBefore = this.asked;
    this.asked += 1;
    Atomics.store(control, ASKED, this.asked);
    Atomics.notify(control, ASKED);
    // Again where a late notify of the run before has woken it: its outputs are not there yet.
    while (Atomics.load(control, ANSWERED) === answeredBefore) {
      const answered = Atomics.waitAsync(control, ANSWERED, answeredBefore);
      if (answered.async) await answered.value;
    }
  }

  /** Ends the thread after the run it may be in. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const { worker, memory } = this;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, END_MS_MAX);
      worker.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      endSoon(worker, memory);
    });
  }

  /** Gives the thread up: it hangs. Its loss is reported at once; it ends when its run does. */
  abandon(reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    endSoon(this.worker, this.memory);
    this.onLost(reason);
  }

  private watch(): void {
    let reason = 'the thread ended';
    this.worker.on('error', (error: unknown) => {
      reason = String(error);
    });
    this.worker.on('exit', (code) => {
      if (this.isClosed) return;
      this.isClosed = true;
      this.onLost(`${reason} (exit code ${code})`);
    });
    this.worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'run_failed') this.onRunFailed(message.message);
    });
  }
}

/**
 * Asks the worker to exit by itself, and no longer keeps the process alive for it. Never
 * `worker.terminate()`: a native run that returns into a terminated isolate throws out of the addon
 * and aborts the whole process (ONNX Runtime 1.30).
 */
function endSoon(worker: Worker, { control }: WorkerMemory): void {
  Atomics.store(control, ENDING, 1);
  Atomics.add(control, ASKED, 1);
  Atomics.notify(control, ASKED);
  worker.unref();
}

/** What the worker says first: nothing when it is ready, else why it is not. */
function firstAnswer(worker: Worker): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle([`no session after ${START_MS_MAX} ms`]), START_MS_MAX);
    const settle = (errors: readonly string[]): void => {
      clearTimeout(timer);
      worker.removeAllListeners();
      // An error after this one has been answered must not end the process.
      worker.on('error', () => undefined);
      resolve(errors);
    };
    worker.once('message', (message: WorkerMessage) =>
      settle(message.kind === 'refused' ? message.errors : []),
    );
    worker.once('error', (error) => settle([`the worker failed to start: ${String(error)}`]));
    worker.once('exit', (code) => settle([`the worker ended at its start (exit code ${code})`]));
  });
}
