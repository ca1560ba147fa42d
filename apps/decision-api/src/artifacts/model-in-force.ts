import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bundlesNewestFirst } from '#engine/artifacts/model-bundle.js';
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
  readonly lookIntervalMs?: number;
}

/**
 * Keeps the right bundle in service. A refused one leaves the one before serving, also after a
 * restart, and is tried again when its files change.
 */
export class ModelInForce {
  private servingFolder: string | null = null;
  private isNewestRefused = false;
  private isMissingTold = false;
  /** What the files of a folder were when it was refused. */
  private readonly refused = new Map<string, string>();
  /** What the files of a folder were at the last look: while they change, they are being copied. */
  private readonly seen = new Map<string, string>();
  private looking: Promise<void> = Promise.resolve();
  private readonly timer: NodeJS.Timeout;

  private constructor(
    readonly host: ModelHost,
    private readonly options: ModelOptions,
  ) {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, options.lookIntervalMs ?? LOOK_INTERVAL_MS);
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
    // One look at a time, the first one too: a slow start must not load a bundle twice.
    model.looking = model.look();
    await model.looking;
    return model;
  }

  /** Whether the newest bundle was refused, so that an older one serves. */
  get isStale(): boolean {
    return this.isNewestRefused;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.host.close();
  }

  private async look(): Promise<void> {
    const { modelDir, version, log } = this.options;
    const folders =
      version === null ? await bundlesNewestFirst(modelDir) : [join(modelDir, version)];
    if (folders.length === 0 && !this.isMissingTold) {
      log.error('No model bundle was found; decisions are by rules alone', { file: modelDir });
      this.isMissingTold = true;
    }
    for (const folder of folders) {
      if (folder === this.servingFolder || (await this.tryFolder(folder))) break;
    }
    const [newest] = folders;
    this.isNewestRefused =
      newest !== undefined && newest !== this.servingFolder && this.refused.has(newest);
  }

  /** Whether the folder's bundle serves from now on. */
  private async tryFolder(folder: string): Promise<boolean> {
    const files = await filesOf(folder);
    if (this.refused.get(folder) === files) return false;
    const isStill = this.seen.get(folder) === files;
    this.seen.set(folder, files);
    if (!isStill && this.host.current !== null) return false;
    const { plan, log, metrics } = this.options;
    const previous = this.host.current;
    const loaded = await this.host.load(folder, plan.schema, { featureSetVersion: plan.version });
    if (!loaded.ok) {
      this.refused.set(folder, files);
      metrics.reloadFailed('model');
      log.error('The model bundle was refused', { file: folder, detail: loaded.errors.join('; ') });
      return false;
    }
    this.servingFolder = folder;
    const { id } = loaded.value;
    metrics.serving(
      'model',
      `${id}/${loaded.value.version}`,
      previous === null ? undefined : `${previous.id}/${previous.version}`,
    );
    log.info('Model in service', { name: id, version: loaded.value.version });
    for (const detail of loaded.warnings) log.warn('About the model', { name: id, detail });
    return true;
  }
}

/** Names, sizes and times of a folder's files; empty when there is no such folder. */
async function filesOf(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const files = names
    .sort((a, b) => (a < b ? -1 : 1))
    .map(async (name) => {
      const file = await stat(join(folder, name)).catch(() => null);
      return `${name}:${file?.size}:${file?.mtimeMs}`;
    });
  return (await Promise.all(files)).join(' ');
}
