import { join } from 'node:path';
import type { SignalSchema } from '#contracts/signals.js';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import type { FeaturePlan } from '#features/feature-plan.js';

/** The signals of every catalogue that decided, out of what decision-api keeps of them. */
export class RecordedSchemas {
  private readonly known = new Map<string, Promise<SignalSchema | null>>();

  constructor(
    plan: FeaturePlan,
    private readonly archiveDir: string,
  ) {
    this.known.set(plan.version, Promise.resolve(plan.schema));
  }

  /** Null where the catalogue of that version is not kept here. */
  of(version: string): Promise<SignalSchema | null> {
    let schema = this.known.get(version);
    if (schema === undefined) {
      schema = this.read(version);
      this.known.set(version, schema);
    }
    return schema;
  }

  private async read(version: string): Promise<SignalSchema | null> {
    if (!/^[0-9a-f]{64}$/.test(version)) return null;
    const read = await readFeaturePlan(join(this.archiveDir, 'features', `${version}.yaml`));
    return read.ok && read.value.version === version ? read.value.schema : null;
  }
}
