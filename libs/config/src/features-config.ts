import {
  parseEnvironment,
  type ConfigProblem,
  type Environment,
  type Loaded,
} from './environment.js';
import { Secret } from './secret.js';
import { NO_DATABASE, type RedisTarget } from './value-schemas.js';

/** What `npm run features` takes from the environment: the stores of the services beside it. */
export interface FeaturesConfig {
  readonly databaseUrl: Secret<string>;
  readonly redis: Secret<RedisTarget>;
  readonly featuresFile: string;
  /** Where decision-api keeps every catalogue that decided. */
  readonly archiveDir: string;
}

/** Reads the environment. Every problem is reported at once, by name and fix, without the value. */
export function loadFeaturesConfig(environment: Environment = process.env): Loaded<FeaturesConfig> {
  const parsed = parseEnvironment(environment);
  if (!parsed.ok) return parsed;
  const { DATABASE_URL, REDIS_URL, DATA_DIR, FEATURES_FILE, RULES_DIR } = parsed.value;
  const databaseUrl = DATABASE_URL === NO_DATABASE ? null : DATABASE_URL;
  const problems: ConfigProblem[] = [];
  if (databaseUrl === null) {
    const fix = 'must be set to the Postgres of the decision log, as experiments has it';
    problems.push({ variable: 'DATABASE_URL', fix });
  }
  if (REDIS_URL === null) {
    problems.push({ variable: 'REDIS_URL', fix: 'must be set as decision-api has it' });
  }
  if (databaseUrl === null || REDIS_URL === null) return { ok: false, problems };
  return {
    ok: true,
    value: {
      databaseUrl: new Secret(databaseUrl),
      redis: new Secret(REDIS_URL),
      featuresFile: FEATURES_FILE ?? `${RULES_DIR}/features.yaml`,
      archiveDir: `${DATA_DIR}/artifacts`,
    },
  };
}
