import * as group from './variable-groups.js';
import { number, variable } from './variable.js';
import { fileSafeName, postgresUrl, ratio } from './value-schemas.js';

/** Of the log beyond the journal, and of the control plane that shares its database. */
export const logVariables = {
  DATABASE_URL: variable({
    group: group.log,
    description:
      'PostgreSQL 15 or newer, where the service experiments keeps decisions, outcomes and labels, ' +
      'and where nodes look which traffic plan to serve. ' +
      '`npm start` runs an embedded one (PGlite) where none is given; with `none` it leaves all to ' +
      'decisions, which then stay in the journal.',
    expects: 'postgres://user:password@host:port/database, or `none`',
    schema: postgresUrl,
    fallback: null,
    unset:
      'embedded under `npm start`; alone, experiments does not start and decision-api serves its own folders',
  }),
  NODE_ID: variable({
    group: group.log,
    description:
      'Name of this node among those that report which traffic plan they serve. Unlike that of any ' +
      'other node.',
    expects: 'letters, digits and . _ -, at most 128',
    schema: fileSafeName,
    fallback: null,
    unset: 'host name and port',
  }),
  DATABASE_CONNECTIONS: number({
    group: group.log,
    description: 'Most connections to Postgres at once, of one service.',
    min: 2,
    max: 100,
    fallback: '4',
  }),
  EXPERIMENTS_PORT: number({
    group: group.log,
    description:
      'Port of the service experiments: decisions out of Postgres, health, metrics. `0` takes any free one.',
    min: 0,
    max: 65_535,
    fallback: '8081',
  }),
  RULE_BREAKER_DECLINE_SHARE: variable({
    group: group.log,
    description:
      'Share of all decisions that one rule may decline before its circuit breaker puts it into ' +
      'shadow. `1` is never.',
    expects: 'a number from 0 to 1',
    schema: ratio,
    fallback: '0.2',
  }),
  RULE_BREAKER_DECISIONS_MIN: number({
    group: group.log,
    description: 'Decisions within the window below which no circuit breaker trips.',
    min: 1,
    max: 1_000_000_000,
    fallback: '500',
  }),
  RULE_BREAKER_WINDOW_SECONDS: number({
    group: group.log,
    description: 'The time over which a circuit breaker counts.',
    min: 10,
    max: 86_400,
    fallback: '300',
  }),
  DECISION_RETENTION_DAYS: number({
    group: group.log,
    description: 'Age at which a day of decisions is dropped from Postgres.',
    min: 1,
    max: 3_660,
    fallback: '400',
  }),
} as const;
