import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ownFoldersPlan, Publication } from '#contracts/traffic-plan.js';
import { replaceFile } from '#platform/replace-file.js';
import type { NodeReport } from '#store/postgres/control-feed.js';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import { ArtifactRefused } from '../artifacts/policy-in-force.js';
import { activatePlan, namedBy, type ActivateOptions } from './activate-plan.js';
import type { ActiveTraffic } from './route.js';

export interface TrafficOptions extends ActivateOptions {
  /** Where the last good version is kept, so that a start needs no database. */
  readonly file: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * The traffic plan that decides now. A version that is refused leaves the one before in force; the
 * last one that came into force is kept on disk.
 */
export class TrafficInForce {
  private refused: { readonly version: number; readonly reason: string } | null = null;
  private applying: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: TrafficOptions,
    private active: ActiveTraffic,
  ) {}

  /** With the version kept on disk; with the node's own folders where there is none. */
  static async open(options: TrafficOptions): Promise<TrafficInForce> {
    const own = await activatePlan(null, ownFoldersPlan, options);
    const traffic = new TrafficInForce(options, own);
    const kept = await readKept(options);
    if (kept !== null) await traffic.apply(kept);
    return traffic;
  }

  get current(): ActiveTraffic {
    return this.active;
  }

  /** Whether a newer version was refused, so that an older one decides. */
  get isStale(): boolean {
    return this.refused !== null;
  }

  report(): NodeReport {
    return {
      version: this.active.version,
      refusedVersion: this.refused?.version ?? null,
      refusal: this.refused?.reason ?? null,
    };
  }

  /** Brings a version into force, or says in the log and the report why not. Never rejects. */
  apply(publication: Publication): Promise<void> {
    this.applying = this.applying.then(() => this.applyNow(publication));
    return this.applying;
  }

  private async applyNow(publication: Publication): Promise<void> {
    const { log, metrics, shelf } = this.options;
    const { version, plan } = publication;
    const previous = this.active.version;
    if (version === previous) return;
    try {
      this.active = await activatePlan(version, plan, this.options);
    } catch (error) {
      this.refuse(version, error);
      return;
    }
    this.refused = null;
    metrics.serving(
      'traffic_plan',
      String(version),
      previous === null ? undefined : String(previous),
    );
    log.info('Traffic plan in force', {
      version: String(version),
      ...(previous === null ? {} : { previousVersion: String(previous) }),
    });
    await this.keep(publication);
    const { models, rulesets } = namedBy(plan);
    // Not awaited: the models that leave serve their last requests meanwhile.
    shelf
      .keepOnly(models, rulesets)
      .catch((error: unknown) => log.warn('A model could not be closed', { error }));
  }

  private refuse(version: number, error: unknown): void {
    const { log, metrics } = this.options;
    const reason =
      error instanceof ArtifactRefused
        ? `${error.artifact}: ${error.problems.join('; ')}`
        : `it could not be prepared: ${error instanceof Error ? error.message : 'unknown'}`;
    this.refused = { version, reason };
    metrics.reloadFailed('traffic_plan');
    log.error('A traffic plan was refused; the version before stays in force', {
      version: String(version),
      detail: reason,
    });
  }

  private async keep(publication: Publication): Promise<void> {
    const { file, log } = this.options;
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await replaceFile(file, JSON.stringify(publication));
    } catch (error) {
      log.error('The traffic plan could not be kept for the next start', { file, error });
    }
  }
}

async function readKept({ file, log }: TrafficOptions): Promise<Publication | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return Publication.parse(JSON.parse(text));
  } catch (error) {
    log.error('The kept traffic plan cannot be read; the own folders decide', { file, error });
    return null;
  }
}
