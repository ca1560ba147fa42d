import { parseEnvironment, type Environment, type Loaded } from './environment.js';
import { Secret } from './secret.js';
import { NO_DATABASE } from './value-schemas.js';

export interface ReplayConfig {
  /** The key that `npm run replay` and `npm run labels` send; null: given as an option, or none. */
  readonly apiKey: Secret<string> | null;
}

/**
 * What the tools that call the API take from the environment: the secret that should not stand in a
 * shell's history.
 */
export function loadReplayConfig(environment: Environment = process.env): ReplayConfig {
  const key = environment['TOLLGATE_API_KEY']?.trim() ?? '';
  return { apiKey: key === '' ? null : new Secret(key) };
}

export interface StoredLogConfig {
  /** Secret because it may carry a password; null: the embedded one of the data folder. */
  readonly databaseUrl: Secret<string> | null;
  readonly dataDir: string;
}

/** Where the services of this environment keep the log. */
export function loadStoredLogConfig(
  environment: Environment = process.env,
): Loaded<StoredLogConfig> {
  const parsed = parseEnvironment(environment);
  if (!parsed.ok) return parsed;
  const { DATABASE_URL: url, DATA_DIR: dataDir } = parsed.value;
  if (url === NO_DATABASE) {
    const fix = 'must name the database that holds the log';
    return { ok: false, problems: [{ variable: 'DATABASE_URL', fix }] };
  }
  return { ok: true, value: { databaseUrl: url === null ? null : new Secret(url), dataDir } };
}
