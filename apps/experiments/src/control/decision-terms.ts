import { join } from 'node:path';
import type { ExperimentsConfig } from '#config/experiments-config.js';
import { AppError } from '#contracts/app-error.js';
import { TRANSACTION_UNIT } from '#contracts/traffic-plan.js';
import { tokenKindOf, tokenOf } from '#contracts/token-values.js';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import { compilePredicate } from '#expression/compile.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { provideKeptPseudonymKey } from '#platform/pseudonym-key.js';

/** What definitions may speak of, as the nodes see it: signals of transactions, and pseudonyms. */
export class DecisionTerms {
  private constructor(
    readonly plan: FeaturePlan,
    readonly pseudonymizer: Pseudonymizer,
  ) {}

  /** @throws Error that says what is wrong with the catalogue or the key. */
  static async open(config: ExperimentsConfig): Promise<DecisionTerms> {
    const read = await readFeaturePlan(config.featuresFile);
    if (!read.ok)
      throw new Error(`the feature catalogue was refused:\n${read.problems.join('\n')}`);
    const key = await keyOf(config);
    return new DecisionTerms(read.value, new Pseudonymizer(key));
  }

  /** @throws AppError DEFINITION_REFUSED when transactions have no such unit. */
  checkUnit(unit: string): void {
    if (unit === TRANSACTION_UNIT) return;
    const type = this.plan.schema.definitionOf(unit)?.type;
    if (type === 'token' || type === 'string') return;
    throw new AppError('DEFINITION_REFUSED', {
      errors: [
        {
          pointer: '/unit',
          detail: 'not a text or personal value of a transaction: try customer, card or device',
        },
      ],
    });
  }

  /** @throws AppError DEFINITION_REFUSED with every problem of the condition. */
  checkAudience(audience: string | null): void {
    if (audience === null) return;
    const compiled = compilePredicate(audience, { schema: this.plan.schema });
    if (compiled.ok) return;
    const errors = compiled.problems.map(({ message, position, hint }) => ({
      pointer: '/audience',
      detail: `at ${position}: ${message}${hint === undefined ? '' : `; ${hint}`}`,
    }));
    throw new AppError('DEFINITION_REFUSED', { errors });
  }

  /** A unit as a person writes it, in the form that nodes compare: personal values are hashed. */
  unitIdOf(unit: string, value: string): string {
    if (this.plan.schema.definitionOf(unit)?.type !== 'token') return value;
    return tokenOf(tokenKindOf(unit), value, this.pseudonymizer.pseudonym);
  }
}

async function keyOf({ pseudonymKey, dataDir }: ExperimentsConfig): Promise<Buffer> {
  if (pseudonymKey !== null) return pseudonymKey.reveal();
  const kept = await provideKeptPseudonymKey(join(dataDir, 'pseudonym.key'));
  if (!kept.ok) throw new Error(kept.problem);
  return kept.key;
}
