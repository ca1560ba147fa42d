import { join } from 'node:path';
import { newestBundle } from '#engine/artifacts/model-bundle.js';
import { ModelHost } from '#engine/inference/model-host.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';

const LOOK_INTERVAL_MS = 2_000;

export interface ModelOptions {
  readonly modelDir: string;
  /** Null: the newest version in the folder, also when one is added later. */
  readonly version: string | null;
  readonly plan: FeaturePlan;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Keeps the right bundle in service; a refused one leaves the one before serving. */
export class ModelInForce {
  private lastTried: string | null = null;
  private isRefused = false;
  private looking: Promise<void> = Promise.resolve();
  private readonly timer: NodeJS.Timeout;

  private constructor(
    readonly host: ModelHost,
    private readonly options: ModelOptions,
  ) {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, LOOK_INTERVAL_MS);
    this.timer.unref();
  }

  /**
   * A model that cannot be loaded does not fail the start: decisions are then by rules, and say so.
   */
  static async open(options: ModelOptions): Promise<ModelInForce> {
    const { log, metrics } = options;
    const host = ModelHost.start({
      observer: {
        batch: (rows) => metrics.modelBatchRows.observe(rows),
        workerLost: (reason) => log.warn('The model worker was lost', { detail: reason }),
        workerReplaced: (durationMs) => log.info('The model worker was replaced', { durationMs }),
        runFailed: (message) => log.error('A run of the model failed', { detail: message }),
      },
    });
    const model = new ModelInForce(host, options);
    await model.look();
    return model;
  }

  /** Whether the newest bundle was refused, so that an older one serves. */
  get isStale(): boolean {
    return this.isRefused;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.host.close();
  }

  private async look(): Promise<void> {
    const { modelDir, version, plan, log, metrics } = this.options;
    const folder = version === null ? await newestBundle(modelDir) : join(modelDir, version);
    if (folder === null) {
      if (this.lastTried === null) {
        log.error('No model bundle was found; decisions are by rules alone', { file: modelDir });
        this.lastTried = '';
      }
      return;
    }
    if (folder === this.lastTried) return;
    this.lastTried = folder;
    const previous = this.host.current;
    const loaded = await this.host.load(folder, plan.schema, { featureSetVersion: plan.version });
    this.isRefused = !loaded.ok;
    if (!loaded.ok) {
      metrics.reloadFailed('model');
      log.error('The model bundle was refused', { file: folder, detail: loaded.errors.join('; ') });
      return;
    }
    const { id } = loaded.value;
    metrics.serving(
      'model',
      `${id}/${loaded.value.version}`,
      previous === null ? undefined : `${previous.id}/${previous.version}`,
    );
    log.info('Model in service', { name: id, version: loaded.value.version });
    for (const detail of loaded.warnings) log.warn('About the model', { name: id, detail });
  }
}
