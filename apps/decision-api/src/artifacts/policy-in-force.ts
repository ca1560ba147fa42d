import { join } from 'node:path';
import { setImmediate as betweenTurns } from 'node:timers/promises';
import {
  readRulesetFolder,
  watchRulesetFolder,
  type RulesetFolder,
} from '#engine/artifacts/ruleset-folder.js';
import { buildPolicySnapshot, type PolicySnapshot } from '#engine/policy-snapshot.js';
import type { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import { archiveRuleset } from './artifact-archive.js';

export interface PolicyOptions {
  readonly rulesDir: string;
  readonly ruleset: string;
  readonly archiveDir: string;
  readonly plan: FeaturePlan;
  readonly pseudonymizer: Pseudonymizer;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A set of files that was refused; each problem names its place and its fix. */
export class ArtifactRefused extends Error {
  constructor(
    readonly artifact: string,
    readonly problems: readonly string[],
  ) {
    super(`${artifact} was refused:\n${problems.join('\n')}`);
    this.name = 'ArtifactRefused';
  }
}

/**
 * The ruleset that decides now. Follows its folder; a refused change leaves the version before in
 * force.
 */
export class PolicyInForce {
  private stopWatching: () => void = () => undefined;
  private isRefused = false;

  private constructor(
    private readonly options: PolicyOptions,
    private snapshot: PolicySnapshot,
  ) {}

  /**
   * @throws ArtifactRefused when the files at start are wrong: there is no version before to fall
   *   back to.
   */
  static async open(options: PolicyOptions): Promise<PolicyInForce> {
    const folder = join(options.rulesDir, options.ruleset);
    const listFolder = join(options.rulesDir, 'lists');
    const files = await readRulesetFolder(folder, listFolder);
    const policy = new PolicyInForce(options, await load(options, files));
    policy.announce(undefined);
    policy.stopWatching = watchRulesetFolder({
      folder,
      listFolder,
      version: files.version,
      onChange: (changed) => policy.replace(changed),
      onUnchanged: () => {
        policy.isRefused = false;
      },
      onRefused: (error) => policy.refuse(error),
    });
    return policy;
  }

  get current(): PolicySnapshot {
    return this.snapshot;
  }

  /** Whether the files as they are now were refused, so that an older version serves. */
  get isStale(): boolean {
    return this.isRefused;
  }

  close(): void {
    this.stopWatching();
  }

  private async replace(files: RulesetFolder): Promise<void> {
    const previous = this.snapshot.version;
    this.snapshot = await load(this.options, files);
    this.isRefused = false;
    this.announce(previous);
  }

  private announce(previousVersion: string | undefined): void {
    const { log, metrics } = this.options;
    const { ruleset, version } = this.snapshot;
    metrics.serving('ruleset', version, previousVersion);
    log.info('Ruleset in force', {
      name: ruleset.id,
      version,
      previousVersion,
      count: ruleset.ruleInfos.length,
    });
  }

  private refuse(error: unknown): void {
    this.isRefused = true;
    this.options.metrics.reloadFailed('ruleset');
    this.options.log.error('The changed ruleset was refused; the version before stays in force', {
      version: this.snapshot.version,
      ...(error instanceof ArtifactRefused ? { detail: error.problems.join('; ') } : { error }),
    });
  }
}

async function load(options: PolicyOptions, files: RulesetFolder): Promise<PolicySnapshot> {
  const { plan, pseudonymizer, ruleset } = options;
  // Building takes tens of milliseconds: in a turn of the event loop that has requests already,
  // those read after it would look late and be refused.
  await betweenTurns();
  const built = buildPolicySnapshot(files, plan.schema, pseudonymizer.pseudonym);
  if (!built.ok) throw new ArtifactRefused(`ruleset ${ruleset}`, built.problems);
  await archiveRuleset(options.archiveDir, files);
  return built.value;
}
