import { loadDecisionApiConfig, type DecisionApiConfig } from './decision-api-config.js';
import { parseEnvironment, type Environment, type Loaded } from './environment.js';
import { Secret } from './secret.js';

/** What the supervisor of one machine needs to know, besides what it passes on to the services. */
export interface StandaloneConfig {
  readonly service: DecisionApiConfig;
  /** False: the port is only our default, and another may be taken where it is in use. */
  readonly portIsGiven: boolean;
  /** Of the service experiments; the same holds for it. */
  readonly experimentsPort: number;
  readonly experimentsPortIsGiven: boolean;
  /** Null: an embedded Postgres. Secret because it may carry a password. */
  readonly databaseUrl: Secret<string> | null;
  /**
   * The environment of a started service: what the user set, over the defaults, under the
   * overrides.
   */
  serviceEnvironment(values: {
    readonly defaults: Environment;
    readonly overrides: Environment;
  }): Environment;
}

/** Reads the environment of `npm start`. */
export function loadStandaloneConfig(
  environment: Environment = process.env,
): Loaded<StandaloneConfig> {
  const loaded = loadDecisionApiConfig(environment);
  if (!loaded.ok) return loaded;
  const parsed = parseEnvironment(environment);
  if (!parsed.ok) return parsed;
  const { DATABASE_URL: databaseUrl, EXPERIMENTS_PORT: experimentsPort } = parsed.value;
  return {
    ok: true,
    value: {
      service: loaded.value,
      portIsGiven: isGiven(environment, 'PORT'),
      experimentsPort,
      experimentsPortIsGiven: isGiven(environment, 'EXPERIMENTS_PORT'),
      databaseUrl: databaseUrl === null ? null : new Secret(databaseUrl),
      serviceEnvironment: ({ defaults, overrides }) => ({
        ...defaults,
        ...environment,
        ...overrides,
      }),
    },
  };
}

function isGiven(environment: Environment, name: string): boolean {
  return (environment[name] ?? '').trim() !== '';
}
