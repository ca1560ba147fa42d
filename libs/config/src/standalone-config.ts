import { loadDecisionApiConfig, type DecisionApiConfig } from './decision-api-config.js';
import { parseEnvironment, type Environment, type Loaded } from './environment.js';
import { kafkaConfigOf } from './kafka-config.js';
import { Secret } from './secret.js';
import { NO_DATABASE } from './value-schemas.js';

/** What the supervisor of one machine needs to know, besides what it passes on to the services. */
export interface StandaloneConfig {
  readonly service: DecisionApiConfig;
  /** False: the port is only our default, and another may be taken where it is in use. */
  readonly portIsGiven: boolean;
  /** Of the service experiments; the same holds for it. */
  readonly experimentsPort: number;
  readonly experimentsPortIsGiven: boolean;
  /** The topic that the log is shipped to. Null: no brokers are named, it stays here. */
  readonly kafkaTopic: string | null;
  /** Of the service log-shipper. */
  readonly shipperPort: number;
  readonly shipperPortIsGiven: boolean;
  /** Secret because it may carry a password. */
  readonly database:
    | { readonly kind: 'embedded' | 'none' }
    | { readonly kind: 'given'; readonly url: Secret<string> };
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
  const kafka = kafkaConfigOf(parsed.value);
  if (!kafka.ok) return kafka;
  const { DATABASE_URL: databaseUrl, EXPERIMENTS_PORT: experimentsPort } = parsed.value;
  return {
    ok: true,
    value: {
      service: loaded.value,
      portIsGiven: isGiven(environment, 'PORT'),
      experimentsPort,
      experimentsPortIsGiven: isGiven(environment, 'EXPERIMENTS_PORT'),
      kafkaTopic: kafka.value?.topic ?? null,
      shipperPort: parsed.value.LOG_SHIPPER_PORT,
      shipperPortIsGiven: isGiven(environment, 'LOG_SHIPPER_PORT'),
      database: databaseOf(databaseUrl),
      serviceEnvironment: ({ defaults, overrides }) => ({
        ...defaults,
        ...environment,
        ...overrides,
      }),
    },
  };
}

function databaseOf(url: string | null): StandaloneConfig['database'] {
  if (url === null) return { kind: 'embedded' };
  return url === NO_DATABASE ? { kind: 'none' } : { kind: 'given', url: new Secret(url) };
}

function isGiven(environment: Environment, name: string): boolean {
  return (environment[name] ?? '').trim() !== '';
}
