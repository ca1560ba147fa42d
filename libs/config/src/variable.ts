import type { z } from 'zod';
import { wholeNumber } from './value-schemas.js';

/** One environment variable: what it means, what it may be, and what it is when unset. */
export interface Variable<T, Fallback extends string | null> {
  readonly group: string;
  readonly description: string;
  /** Completes the sentence "NAME must be …"; shown when the value is refused. */
  readonly expects: string;
  readonly schema: z.ZodType<T, string>;
  /** As it would be written in the environment; null when unset means "none". */
  readonly fallback: Fallback;
  /** What unset means, where `fallback` is null. */
  readonly unset?: string;
}

export function variable<T, Fallback extends string | null>(
  definition: Variable<T, Fallback>,
): Variable<T, Fallback> {
  return definition;
}

type NumberVariable<Fallback extends string | null> = Omit<
  Variable<number, Fallback>,
  'expects' | 'schema'
> & { readonly min: number; readonly max: number };

export function number<Fallback extends string | null>(
  definition: NumberVariable<Fallback>,
): Variable<number, Fallback> {
  const { min, max, ...rest } = definition;
  return {
    ...rest,
    expects: `a whole number from ${min} to ${max}`,
    schema: wholeNumber(min, max),
  };
}
