import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '#contracts/app-error.js';
import type { ArtifactReceipt, ArtifactUpload } from '#contracts/control.js';
import type { Variant } from '#contracts/traffic-plan.js';
import { readModelBundle } from '#engine/artifacts/model-bundle.js';
import { readRulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import { buildPolicySnapshot } from '#engine/policy-snapshot.js';
import { bindModelRow } from '#scoring/model-row.js';
import type { ControlPlane } from '#store/postgres/control-plane.js';
import { ArtifactFileRow, ArtifactRow } from '#store/postgres/control-plane.entities.js';
import { CONTROL_PLANE, DECISION_TERMS } from '../tokens.js';
import type { DecisionTerms } from './decision-terms.js';

interface Checked {
  readonly kind: 'model' | 'ruleset';
  readonly ref: string;
}

/** Models and rulesets that plans may name: checked when they come, and never changed after. */
@Injectable()
export class ArtifactsService {
  constructor(
    @Inject(CONTROL_PLANE) private readonly control: ControlPlane,
    @Inject(DECISION_TERMS) private readonly terms: DecisionTerms,
  ) {}

  /** @throws AppError ARTIFACT_REFUSED with everything that is wrong with it. */
  async publish(
    kind: 'model' | 'ruleset',
    upload: ArtifactUpload,
    who: string,
  ): Promise<ArtifactReceipt> {
    const files = upload.files.map(({ name, content_base64: content }) => ({
      name: inside(name),
      content: Buffer.from(content, 'base64'),
    }));
    const checked = await withFolder(files, (folder) =>
      kind === 'model' ? this.checkModel(folder) : this.checkRuleset(folder),
    );
    const change = {
      who,
      action: 'publish',
      subject: `${kind} ${checked.ref}`,
      reason: 'made available to plans',
    };
    const { value: isNew } = await this.control.change(change, (manager) =>
      store(manager, checked, files, who),
    );
    return { ...checked, is_new: isNew };
  }

  /** @throws AppError DEFINITION_REFUSED where a variant names what was never published. */
  async checkVariants(manager: EntityManager, variants: readonly Variant[]): Promise<void> {
    for (const { model, ruleset } of variants) {
      await this.checkPublished(manager, 'model', model);
      await this.checkPublished(manager, 'ruleset', ruleset);
    }
  }

  private async checkPublished(
    manager: EntityManager,
    kind: 'model' | 'ruleset',
    ref: string | null,
  ): Promise<void> {
    if (ref === null || (await manager.existsBy(ArtifactRow, { kind, ref }))) return;
    const command = kind === 'model' ? 'model' : 'rules';
    throw new AppError('DEFINITION_REFUSED', {
      detail: `No ${kind} with this name was published: npm run ${command} -- publish <folder>.`,
    });
  }

  private async checkModel(folder: string): Promise<Checked> {
    const read = await readModelBundle(folder);
    if (!read.ok) throw refused(read.errors);
    const { features, id, version } = read.value.manifest;
    const bound = bindModelRow(features, this.terms.plan.schema);
    if (!bound.ok) throw refused(bound.errors);
    return { kind: 'model', ref: `${id}/${version}` };
  }

  private async checkRuleset(folder: string): Promise<Checked> {
    const places = [join(folder, 'ruleset'), join(folder, 'lists')] as const;
    await mkdir(places[1], { recursive: true });
    const files = await readRulesetFolder(...places).catch(() => {
      throw refused(['it has no files under ruleset/']);
    });
    const { plan, pseudonymizer } = this.terms;
    const built = buildPolicySnapshot(files, plan.schema, pseudonymizer.pseudonym);
    if (!built.ok) throw refused(built.problems);
    return { kind: 'ruleset', ref: files.version };
  }
}

/** The same again changes nothing; another content under its name is refused. */
async function store(
  manager: EntityManager,
  { kind, ref }: Checked,
  files: readonly { readonly name: string; readonly content: Buffer }[],
  who: string,
): Promise<boolean> {
  if (await manager.existsBy(ArtifactRow, { kind, ref })) {
    const before = await manager.findBy(ArtifactFileRow, { kind, ref });
    if (digest(before) === digest(files)) return false;
    throw new AppError('CONTROL_CONFLICT', {
      detail: `Another ${kind} was published under this name and version: give it a new version.`,
    });
  }
  await manager.insert(ArtifactRow, { kind, ref, publishedBy: who });
  for (const { name, content } of files) {
    await manager.insert(ArtifactFileRow, { kind, ref, name, content });
  }
  return true;
}

function digest(files: readonly { readonly name: string; readonly content: Buffer }[]): string {
  const hash = createHash('sha256');
  for (const { name, content } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${name}\n${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** @throws AppError ARTIFACT_REFUSED for a name that leaves the artifact's folder. */
function inside(name: string): string {
  const path = normalize(name);
  if (path.startsWith('/') || path.split('/').includes('..') || path.includes('\\')) {
    throw refused(['a file name leaves the folder of the artifact']);
  }
  return path;
}

/** What reads artifacts reads folders: the upload becomes one for as long as it is checked. */
async function withFolder<T>(
  files: readonly { readonly name: string; readonly content: Buffer }[],
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-artifact-'));
  try {
    for (const { name, content } of files) {
      const file = join(folder, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function refused(problems: readonly string[]): AppError {
  return new AppError('ARTIFACT_REFUSED', {
    errors: problems.map((detail) => ({ pointer: '/files', detail })),
  });
}
