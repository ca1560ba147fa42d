import { setTimeout as sleep } from 'node:timers/promises';

import type { Reason } from '#contracts/decision-reply.js';
import { planAblation, topReasons, writeAblatedRow } from '#scoring/ablation.js';
import { isProbability } from '#scoring/golden-check.js';
import { BATCH_ROWS_MAX } from '#scoring/manifest.js';
import type { ModelRowWriter } from '#scoring/model-row.js';

import type { ModelBundle } from '../artifacts/model-bundle.js';
import { BatchRunner } from './batch-runner.js';
import type { InferenceObserver } from './inference-observer.js';
import { checkThread } from './model-check.js';
import type { ModelFailure } from './model-job.js';
import { OnnxThread } from './onnx-thread.js';
import { type ScoreResult, unavailable } from './score-result.js';
import { BULK_ROWS, SCORE_ROWS_MAX, SLOTS } from './slot-pool.js';

const REASONS_MAX = 4;

const BATCH_ROWS_START = 32;
const INFERENCE_BUDGET_MS = 6;
const RESERVE_MS = 1;
/** A run of the largest batch takes milliseconds: one that outlives two checks hangs. */
const HANG_CHECK_MS = 1_000;
const RESTART_MS_MIN = 100;
const RESTART_MS_MAX = 30_000;
/** A worker that served this long was sound: its loss starts the waits between restarts anew. */
const SOUND_MS = 10_000;
const IDLE_CHECK_MS = 10;
const DRAIN_MS_MAX = 5_000;

export type StartedModel =
  | { readonly ok: true; readonly value: ServingModel }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * One version of a model on its own worker: scores, explains, and replaces the worker when it is
 * lost.
 */
export class ServingModel {
  private readonly runner: BatchRunner;
  private readonly ablation;
  private thread: OnnxThread | null = null;
  private isClosed = false;
  private restarts = 0;
  private adoptedMs = 0;
  private hangCheck: NodeJS.Timeout | undefined;
  private suspectSinceMs: number | null = null;

  private constructor(
    readonly bundle: ModelBundle,
    /** Fills a row from the signals of the schema that the model was loaded with. */
    readonly writeRow: ModelRowWriter,
    /** False: its batches are of one row, so that a recomputed decision has the same bits. */
    readonly isBatchInvariant: boolean,
    private readonly observer: InferenceObserver,
  ) {
    const { batching } = bundle.manifest;
    this.ablation = planAblation(bundle.manifest);
    const batchRowsMax = isBatchInvariant ? Math.min(batching.maxBatch, BATCH_ROWS_MAX) : 1;
    this.runner = new BatchRunner(
      {
        batchRowsMax,
        batchRowsStart: Math.min(BATCH_ROWS_START, batchRowsMax),
        maxDelayMs: isBatchInvariant ? batching.maxDelayMs : 0,
        laneRowsMax: SCORE_ROWS_MAX,
        inferenceBudgetMs: INFERENCE_BUDGET_MS,
        reserveMs: RESERVE_MS,
      },
      observer,
    );
  }

  /**
   * Starts a worker, runs the golden rows on it and warms it; only then is there a model to serve.
   */
  static async start(
    bundle: ModelBundle,
    writeRow: ModelRowWriter,
    observer: InferenceObserver,
  ): Promise<StartedModel> {
    const started = await startChecked(bundle);
    if (!started.ok) return started;
    const model = new ServingModel(bundle, writeRow, started.isBatchInvariant, observer);
    model.adopt(started.thread);
    model.hangCheck = setInterval(() => model.checkForHang(), HANG_CHECK_MS);
    model.hangCheck.unref();
    return { ok: true, value: model };
  }

  get id(): string {
    return this.bundle.manifest.id;
  }

  get version(): string {
    return this.bundle.manifest.version;
  }

  get features(): readonly string[] {
    return this.bundle.manifest.features;
  }

  /** False while a lost worker is being replaced. */
  get isUp(): boolean {
    return this.thread !== null;
  }

  /** The worker's thread id, for diagnosis. */
  get threadId(): number | null {
    return this.thread?.threadId ?? null;
  }

  /**
   * Scores one row. Never rejects.
   *
   * @param row         Feature values in manifest order, NaN is missing; copied before this
   *   returns.
   * @param deadlineMs  On the clock of performance.now(): after it the answer is MODEL_TIMEOUT.
   */
  score(row: Float32Array, deadlineMs: number): Promise<ScoreResult> {
    if (row.length !== this.features.length) return Promise.resolve(unavailable.MODEL_UNAVAILABLE);
    return new Promise((resolve) => {
      this.runner.submit({
        lane: 'score',
        rows: 1,
        deadlineMs,
        write: (slot) => this.thread?.writeRow(slot, row),
        succeed: (outputs, from) => resolve(this.toResult(outputs[from])),
        fail: (failure) => resolve(unavailable[failure]),
      });
    });
  }

  /**
   * The reasons that raised a score most, or null when there was no time or no worker. Never
   * rejects.
   */
  explain(row: Float32Array, probability: number, deadlineMs: number): Promise<Reason[] | null> {
    const groups = this.ablation.groups.length;
    if (groups === 0 || row.length !== this.features.length) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.runner.submit({
        lane: 'explanation',
        rows: groups,
        deadlineMs,
        write: (slot, group) => {
          if (this.thread !== null) {
            writeAblatedRow(this.ablation, group, row, this.thread.row(slot));
          }
        },
        succeed: (outputs, from) => {
          const ablated = outputs.slice(from, from + groups);
          resolve(
            ablated.every(isProbability)
              ? topReasons(this.ablation, probability, ablated, REASONS_MAX)
              : null,
          );
        },
        fail: () => resolve(null),
      });
    });
  }

  /**
   * Scores many rows for work that nobody waits for, in chunks that let interactive requests
   * through.
   *
   * @param rows   [count, features], row by row.
   * @throws Error when the worker is lost or a row has no probability: offline work must not go on
   *   without scores.
   */
  async scoreBatch(rows: Float32Array, count: number): Promise<Float32Array> {
    const width = this.features.length;
    if (rows.length < count * width) {
      throw new Error(`scoreBatch: ${rows.length} values for ${count} rows of ${width} features`);
    }
    const probabilities = new Float32Array(count);
    for (let from = 0; from < count; from += BULK_ROWS) {
      const size = Math.min(BULK_ROWS, count - from);
      const chunk = rows.subarray(from * width, (from + size) * width);
      probabilities.set(await this.scoreChunk(chunk, size), from);
    }
    const bad = probabilities.findIndex((value) => !isProbability(value));
    if (bad >= 0)
      throw new Error(`scoreBatch: row ${bad} got ${probabilities[bad]}, no probability`);
    return probabilities;
  }

  /** Lets what waits finish, then ends the worker. */
  async close(): Promise<void> {
    const giveUpMs = performance.now() + DRAIN_MS_MAX;
    while (!this.runner.isIdle && performance.now() < giveUpMs) await sleep(IDLE_CHECK_MS);
    this.isClosed = true;
    clearInterval(this.hangCheck);
    const { thread } = this;
    this.thread = null;
    this.runner.detach();
    await thread?.close();
  }

  private scoreChunk(chunk: Float32Array, rows: number): Promise<Float32Array> {
    const width = this.features.length;
    return new Promise((resolve, reject) => {
      this.runner.submit({
        lane: 'bulk',
        rows,
        deadlineMs: Number.POSITIVE_INFINITY,
        write: (slot, row) =>
          this.thread?.writeRow(slot, chunk.subarray(row * width, (row + 1) * width)),
        succeed: (outputs, from) => resolve(outputs.slice(from, from + rows)),
        fail: (failure: ModelFailure) => reject(new Error(`scoreBatch: ${failure}`)),
      });
    });
  }

  private toResult(probability: number | undefined): ScoreResult {
    if (!isProbability(probability)) {
      this.observer.shed?.('not_a_probability', 'score');
      return unavailable.MODEL_INVALID_SCORE;
    }
    return { kind: 'scored', probability, modelId: this.id, modelVersion: this.version };
  }

  private adopt(thread: OnnxThread): void {
    thread.onLost = (reason) => this.recover(reason);
    thread.onRunFailed = (message) => this.observer.runFailed?.(message);
    this.thread = thread;
    this.adoptedMs = performance.now();
    this.suspectSinceMs = null;
    this.runner.attach(thread);
  }

  private recover(reason: string): void {
    this.thread = null;
    this.runner.detach();
    if (this.isClosed) return;
    this.observer.workerLost?.(reason);
    void this.restart();
  }

  /** Starts workers with the same bytes until one passes the checks again, ever more slowly. */
  private async restart(): Promise<void> {
    const lostMs = performance.now();
    if (lostMs - this.adoptedMs > SOUND_MS) this.restarts = 0;
    while (!this.isClosed && this.thread === null) {
      // The first replacement starts at once.
      const waitMs = RESTART_MS_MIN * (2 ** this.restarts - 1);
      if (waitMs > 0) await sleep(Math.min(RESTART_MS_MAX, waitMs), undefined, { ref: false });
      this.restarts += 1;
      const started = await startChecked(this.bundle);
      if (started.ok && this.isClosed) await started.thread.close();
      else if (started.ok) {
        this.adopt(started.thread);
        this.observer.workerReplaced?.(performance.now() - lostMs);
      } else {
        this.observer.workerLost?.(started.errors.join('; '));
      }
    }
  }

  private checkForHang(): void {
    const sinceMs = this.runner.runningSinceMs;
    if (sinceMs !== null && sinceMs === this.suspectSinceMs) {
      this.thread?.abandon(`a run did not end within ${HANG_CHECK_MS} ms`);
    }
    this.suspectSinceMs = sinceMs;
  }
}

async function startChecked(
  bundle: ModelBundle,
): Promise<
  | { readonly ok: true; readonly thread: OnnxThread; readonly isBatchInvariant: boolean }
  | { readonly ok: false; readonly errors: readonly string[] }
> {
  const started = await OnnxThread.start({
    model: bundle.model,
    featureCount: bundle.manifest.features.length,
    slots: SLOTS,
    batchRowsMax: BATCH_ROWS_MAX,
  });
  if (!started.ok) return started;
  const thread = started.value;
  const { errors, isBatchInvariant } = await checkThread(thread, bundle.golden, BATCH_ROWS_MAX);
  if (errors.length === 0) return { ok: true, thread, isBatchInvariant };
  await thread.close();
  return { ok: false, errors };
}
