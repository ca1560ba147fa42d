import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { formatCatalogueProblem, parseCatalogue } from '#features/feature-catalogue.js';
import { buildFeaturePlan, type FeaturePlan } from '#features/feature-plan.js';

export type LoadedArtifact<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads and compiles a feature catalogue; its version is the sha256 of its text. */
export async function readFeaturePlan(file: string): Promise<LoadedArtifact<FeaturePlan>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return { ok: false, problems: [`${file}: cannot be read; set FEATURES_FILE to a catalogue`] };
  }
  const parsed = parseCatalogue(text, file);
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map(formatCatalogueProblem) };
  const version = createHash('sha256').update(text).digest('hex');
  return { ok: true, value: buildFeaturePlan(parsed.value, version) };
}
