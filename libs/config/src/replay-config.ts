import type { Environment } from './environment.js';
import { Secret } from './secret.js';

export interface ReplayConfig {
  /** The key that `npm run replay` sends; null: given as an option, or none. */
  readonly apiKey: Secret<string> | null;
}

/**
 * What the replay tool takes from the environment: the secret that should not stand in a shell's
 * history.
 */
export function loadReplayConfig(environment: Environment = process.env): ReplayConfig {
  const key = environment['TOLLGATE_API_KEY']?.trim() ?? '';
  return { apiKey: key === '' ? null : new Secret(key) };
}
