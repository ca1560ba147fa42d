import { loadDecisionApiConfig, type DecisionApiConfig } from './decision-api-config.js';
import type { Environment, Loaded } from './environment.js';

/** What the supervisor of one machine needs to know, besides what it passes on to the services. */
export interface StandaloneConfig {
  readonly service: DecisionApiConfig;
  /** False: the port is only our default, and another may be taken where it is in use. */
  readonly portIsGiven: boolean;
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
  return {
    ok: true,
    value: {
      service: loaded.value,
      portIsGiven: (environment['PORT'] ?? '').trim() !== '',
      serviceEnvironment: ({ defaults, overrides }) => ({
        ...defaults,
        ...environment,
        ...overrides,
      }),
    },
  };
}
