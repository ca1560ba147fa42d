import type { Variable } from './variable.js';
import { variables, type VariableName } from './variables.js';

/** What `process.env` is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A variable that cannot be used: its name and what to set. Never its value, which may be a secret.
 */
export interface ConfigProblem {
  readonly variable: string;
  readonly fix: string;
}

export type Loaded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

type ValueOf<V> =
  V extends Variable<infer T, infer Fallback> ? (null extends Fallback ? T | null : T) : never;

/** The parsed values by variable name. */
export type Values = { readonly [N in VariableName]: ValueOf<(typeof variables)[N]> };

/**
 * Reads every declared variable; all problems are reported at once. An empty value counts as unset.
 */
export function parseEnvironment(environment: Environment): Loaded<Values> {
  const problems: ConfigProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const written = environment[name]?.trim();
    const source = written === undefined || written === '' ? variable.fallback : written;
    if (source === null) {
      values[name] = null;
      continue;
    }
    const parsed = variable.schema.safeParse(source);
    if (parsed.success) {
      values[name] = parsed.data;
    } else {
      problems.push({ variable: name, fix: `must be ${variable.expects}` });
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: values as Values };
}

/** One line per problem, for the terminal of whoever started the process. */
export function formatConfigProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.map((problem) => `  ${problem.variable} ${problem.fix}`);
  return ['The configuration cannot be used:', ...lines].join('\n');
}
