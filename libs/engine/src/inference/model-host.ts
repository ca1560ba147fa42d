import { setTimeout as sleep } from 'node:timers/promises';

import type { Reason } from '#contracts/decision-reply.js';
import type { SignalSchema } from '#contracts/signals.js';
import { checkCalibration } from '#scoring/calibration.js';
import { bindModelRow } from '#scoring/model-row.js';

import { readModelBundle } from '../artifacts/model-bundle.js';
import type { InferenceObserver } from './inference-observer.js';
import { type ScoreResult, unavailable } from './score-result.js';
import { ServingModel } from './serving-model.js';

export interface ModelHostOptions {
  readonly observer?: InferenceObserver;
}

export type Loaded =
  | {
      readonly ok: true;
      readonly value: ServingModel;
      /** What a person should know though it serves. */
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly errors: readonly string[] };

export interface LoadOptions {
  /** sha256 of the feature catalogue in use; a model trained on another one is warned about. */
  readonly featureSetVersion?: string;
}

/** Requests that took the previous model may still ask it to explain; no request lives longer. */
const HANDOVER_MS = 250;

/**
 * The model that serves, and how it is replaced: the next one loads, is checked and warmed on a
 * worker of its own, then the pointer moves; the old one finishes its requests and closes. A
 * refused bundle changes nothing.
 */
export class ModelHost {
  private serving: ServingModel | null = null;
  private loading: Promise<unknown> = Promise.resolve();
  private readonly retired = new Set<Promise<void>>();
  private isClosed = false;

  private constructor(private readonly observer: InferenceObserver) {}

  static start(options: ModelHostOptions = {}): ModelHost {
    return new ModelHost(options.observer ?? {});
  }

  get current(): ServingModel | null {
    return this.serving;
  }

  /**
   * Checks a bundle's folder and puts it in service, or says everything that is wrong with it. One
   * at a time.
   */
  load(folder: string, schema: SignalSchema, options: LoadOptions = {}): Promise<Loaded> {
    const loaded = this.loading.then(() => this.loadNow(folder, schema, options));
    this.loading = loaded.catch(() => undefined);
    return loaded;
  }

  /** As `ServingModel.score`, on the model of this moment. */
  score(row: Float32Array, deadlineMs: number): Promise<ScoreResult> {
    return this.serving?.score(row, deadlineMs) ?? Promise.resolve(unavailable.MODEL_UNAVAILABLE);
  }

  explain(row: Float32Array, probability: number, deadlineMs: number): Promise<Reason[] | null> {
    return this.serving?.explain(row, probability, deadlineMs) ?? Promise.resolve(null);
  }

  scoreBatch(rows: Float32Array, count: number): Promise<Float32Array> {
    if (this.serving === null) throw new Error('scoreBatch: no model is loaded');
    return this.serving.scoreBatch(rows, count);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.loading;
    const serving = this.serving;
    this.serving = null;
    await serving?.close();
    await Promise.all(this.retired);
  }

  private async loadNow(
    folder: string,
    schema: SignalSchema,
    options: LoadOptions,
  ): Promise<Loaded> {
    const read = await readModelBundle(folder);
    if (!read.ok) return read;
    const bundle = read.value;
    const bound = bindModelRow(bundle.manifest.features, schema);
    if (!bound.ok) return bound;
    const started = await ServingModel.start(bundle, bound.value, this.observer);
    if (!started.ok) return started;
    if (this.isClosed) {
      await started.value.close();
      return { ok: false, errors: ['the host is closing'] };
    }
    const previous = this.serving;
    this.serving = started.value;
    if (previous !== null) this.retire(previous);
    this.observer.modelLoaded?.(started.value.id, started.value.version);
    return { ok: true, value: started.value, warnings: warningsOf(started.value, options) };
  }

  private retire(model: ServingModel): void {
    const retired = sleep(HANDOVER_MS).then(() => model.close());
    this.retired.add(retired);
    void retired.finally(() => this.retired.delete(retired));
  }
}

function warningsOf(model: ServingModel, options: LoadOptions): string[] {
  const { manifest } = model.bundle;
  const warnings = [...checkCalibration(manifest.calibration).warnings];
  if (!model.isBatchInvariant) {
    warnings.push(
      'its answers change with the batch they run in: it serves one row at a time, so that decisions can be recomputed',
    );
  }
  const { featureSetVersion } = options;
  if (featureSetVersion !== undefined && manifest.featureSetVersion !== featureSetVersion) {
    warnings.push(
      'it was trained on another version of the feature catalogue: check that no feature it reads has changed',
    );
  }
  return warnings;
}
