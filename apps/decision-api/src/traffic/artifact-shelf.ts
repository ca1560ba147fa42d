import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { archivedBundle, findBundle } from '#engine/artifacts/bundle-places.js';
import { readRulesetFolder, type RulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import { ModelHost } from '#engine/inference/model-host.js';
import { buildPolicySnapshot, type PolicySnapshot } from '#engine/policy-snapshot.js';
import type { Pseudonymizer } from '#engine/pseudonymizer.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { ArtifactFile, ArtifactKind } from '#store/postgres/control-feed.js';
import { archiveModel, archiveRuleset } from '../artifacts/artifact-archive.js';
import { ArtifactRefused } from '../artifacts/policy-in-force.js';

/** Requests that were routed to a model before it left the plan still ask it; none lives longer. */
const HANDOVER_MS = 1_000;

export interface ShelfOptions {
  readonly archiveDir: string;
  readonly modelDir: string | null;
  readonly plan: FeaturePlan;
  readonly pseudonymizer: Pseudonymizer;
  /** From the control plane, where neither archive nor model folder has it; null: not there. */
  readonly fetch: (kind: ArtifactKind, ref: string) => Promise<readonly ArtifactFile[] | null>;
}

/** The models and rulesets that a traffic plan names beside the node's own, ready to decide. */
export class ArtifactShelf {
  private readonly models = new Map<string, ModelHost>();
  private readonly policies = new Map<string, PolicySnapshot>();

  constructor(private readonly options: ShelfOptions) {}

  /** @throws ArtifactRefused when the bundle is not to be had, or is refused. */
  async model(ref: string): Promise<ModelHost> {
    const loaded = this.models.get(ref);
    if (loaded !== undefined) return loaded;
    const folder = await this.bundleFolder(ref);
    const host = ModelHost.start();
    const { plan } = this.options;
    const result = await host.load(folder, plan.schema, { featureSetVersion: plan.version });
    if (!result.ok) {
      await host.close();
      throw new ArtifactRefused(`the model ${ref}`, result.errors);
    }
    this.models.set(ref, host);
    return host;
  }

  /** @throws ArtifactRefused when the ruleset is not to be had, or is refused. */
  async policy(ref: string): Promise<PolicySnapshot> {
    const known = this.policies.get(ref);
    if (known !== undefined) return known;
    const { plan, pseudonymizer } = this.options;
    const built = buildPolicySnapshot(
      await this.rulesetFiles(ref),
      plan.schema,
      pseudonymizer.pseudonym,
    );
    if (!built.ok) throw new ArtifactRefused(`the ruleset ${ref}`, built.problems);
    this.policies.set(ref, built.value);
    return built.value;
  }

  /** Gives up what no plan names any more. */
  async keepOnly(models: ReadonlySet<string>, rulesets: ReadonlySet<string>): Promise<void> {
    for (const ref of this.policies.keys()) if (!rulesets.has(ref)) this.policies.delete(ref);
    const leaving = [...this.models].filter(([ref]) => !models.has(ref));
    for (const [ref] of leaving) this.models.delete(ref);
    if (leaving.length === 0) return;
    await sleep(HANDOVER_MS);
    await Promise.all(leaving.map(([, host]) => host.close()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.models.values()].map((host) => host.close()));
  }

  private async bundleFolder(ref: string): Promise<string> {
    const { archiveDir, modelDir } = this.options;
    const found = await findBundle(ref, { archiveDir, modelDir });
    if (found !== null) return found;
    const files = await this.fetched('model', ref);
    await archiveModel(archiveDir, ref, files);
    return archivedBundle(archiveDir, ref);
  }

  private async rulesetFiles(ref: string): Promise<RulesetFolder> {
    const { archiveDir } = this.options;
    const folder = join(archiveDir, 'rulesets', ref);
    const places = [join(folder, 'ruleset'), join(folder, 'lists')] as const;
    const archived = await readRulesetFolder(...places).catch(() => null); // Not there yet.
    if (archived?.version === ref) return archived;
    const files = await this.fetched('ruleset', ref);
    const part = (prefix: string) =>
      files
        .filter(({ name }) => name.startsWith(prefix))
        .map(({ name, content }) => ({
          name: name.slice(prefix.length),
          text: content.toString('utf8'),
        }));
    const fetched = { files: part('ruleset/'), lists: part('lists/'), version: ref };
    await archiveRuleset(archiveDir, fetched);
    const stored = await readRulesetFolder(...places);
    if (stored.version === ref) return stored;
    throw new ArtifactRefused(`the ruleset ${ref}`, ['its files do not have the hash they should']);
  }

  private async fetched(kind: ArtifactKind, ref: string): Promise<readonly ArtifactFile[]> {
    const files = await this.options.fetch(kind, ref);
    if (files !== null) return files;
    const fix =
      kind === 'model'
        ? 'publish it: npm run model -- publish <folder>'
        : 'publish it: npm run rules -- publish <folder>';
    throw new ArtifactRefused(`the ${kind} ${ref}`, [`it is not to be had here; ${fix}`]);
  }
}
