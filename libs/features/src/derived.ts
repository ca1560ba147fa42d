import { SignalSchema } from '#contracts/signals.js';
import { compileNumeric, type NumericExpression } from '#expression/compile.js';
import type { DerivedFeature, FeatureCatalogue } from './catalogue-types.js';
import { buildSchema } from './feature-schema.js';

export interface DerivedProblem {
  readonly feature: string;
  readonly message: string;
  readonly fix: string;
}

/** A derived feature ready to run, after those whose values it reads. */
export interface CompiledDerived {
  readonly name: string;
  readonly slot: number;
  readonly defaultValue: number;
  readonly expression: NumericExpression;
}

/** Names and descriptions of every feature in slot order: the amount, windowed, derived. */
export function featuresOf(
  catalogue: FeatureCatalogue,
): { readonly name: string; readonly description: string }[] {
  const amount = catalogue.amounts?.feature ?? null;
  return [
    ...(amount === null
      ? []
      : [{ name: amount, description: `the amount in ${catalogue.amounts!.currency}` }]),
    ...catalogue.entities.flatMap((entity) => entity.features),
    ...catalogue.derived,
  ];
}

/**
 * Everything wrong with the derived features: expressions that do not compile, cycles, use of the
 * score.
 */
export function checkDerived(catalogue: FeatureCatalogue): DerivedProblem[] {
  const outcome = compileDerived(catalogue);
  return outcome.ok ? [] : outcome.problems;
}

export type DerivedOutcome =
  | { readonly ok: true; readonly value: readonly CompiledDerived[] }
  | { readonly ok: false; readonly problems: DerivedProblem[] };

/**
 * Compiles the derived features and puts them in an order in which each comes after what it reads.
 */
export function compileDerived(catalogue: FeatureCatalogue): DerivedOutcome {
  const schema = new SignalSchema(buildSchema(catalogue.metadata, featuresOf(catalogue)));
  const problems: DerivedProblem[] = [];
  const compiled: CompiledDerived[] = [];
  for (const feature of catalogue.derived) {
    const result = compileOne(feature, schema);
    if (result.ok) compiled.push(result.value);
    else problems.push(...result.problems);
  }
  if (problems.length > 0) return { ok: false, problems };
  return inOrder(compiled);
}

function compileOne(
  feature: DerivedFeature,
  schema: SignalSchema,
):
  | { readonly ok: true; readonly value: CompiledDerived }
  | { readonly ok: false; readonly problems: DerivedProblem[] } {
  const result = compileNumeric(feature.expression, { schema });
  if (!result.ok) {
    const problems = result.problems.map((problem) => ({
      feature: feature.name,
      message: `in ${feature.name}, at character ${problem.position + 1}: ${problem.message}`,
      fix: problem.hint ?? 'correct the expression',
    }));
    return { ok: false, problems };
  }
  const slot = schema.slotOf(feature.name)!;
  if (result.value.slots.includes(schema.slotOf('score')!)) {
    const message = `${feature.name} reads the score, which is computed from features`;
    const fix = 'use the score in a rule instead';
    return { ok: false, problems: [{ feature: feature.name, message, fix }] };
  }
  const defaultValue = feature.defaultValue ?? Number.NaN;
  return { ok: true, value: { name: feature.name, slot, defaultValue, expression: result.value } };
}

function inOrder(compiled: readonly CompiledDerived[]): DerivedOutcome {
  const ordered: CompiledDerived[] = [];
  let waiting = [...compiled];
  while (waiting.length > 0) {
    const unfilled = new Set(waiting.map((feature) => feature.slot));
    const ready = waiting.filter(
      (feature) => !feature.expression.slots.some((slot) => unfilled.has(slot)),
    );
    if (ready.length === 0) {
      const names = waiting.map((feature) => feature.name);
      const problems = waiting.map((feature) => ({
        feature: feature.name,
        message: `${feature.name} is part of a circle: ${names.join(', ')} read one another`,
        fix: 'write one of them over transaction fields and windowed features only',
      }));
      return { ok: false, problems };
    }
    ordered.push(...ready);
    const done = new Set(ready);
    waiting = waiting.filter((feature) => !done.has(feature));
  }
  return { ok: true, value: ordered };
}
