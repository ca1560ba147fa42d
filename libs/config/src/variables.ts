import { z } from 'zod';
import { logVariables } from './log-variables.js';
import * as group from './variable-groups.js';
import { number, variable } from './variable.js';
import { fileSafeName, httpUrl, ratio, redisTarget, secretKey, text } from './value-schemas.js';

const JOURNAL_DISK_MIB_MAX = 16 * 1024 * 1024;

/** Every variable that Tollgate reads, in the order of docs/reference/configuration.md. */
export const variables = {
  HOST: variable({
    group: group.server,
    description: 'Address to listen on. `0.0.0.0` is every interface.',
    expects: 'an address or a host name',
    schema: text,
    fallback: '127.0.0.1',
  }),
  PORT: number({
    group: group.server,
    description: 'Port to listen on. `0` takes any free one and prints it.',
    min: 0,
    max: 65_535,
    fallback: '8080',
  }),
  DATA_DIR: variable({
    group: group.server,
    description: 'Folder of everything that Tollgate writes: journal, keys, last good snapshots.',
    expects: 'the path of a folder',
    schema: text,
    fallback: './.data',
  }),
  SHUTDOWN_DRAIN_MS: number({
    group: group.server,
    description:
      'After SIGTERM, how long `/health/ready` says no while requests are still taken, so that a ' +
      'load balancer looks elsewhere first.',
    min: 0,
    max: 60_000,
    fallback: '0',
  }),
  SHUTDOWN_GRACE_MS: number({
    group: group.server,
    description: 'After that, how long requests in flight may take before they are cut off.',
    min: 0,
    max: 120_000,
    fallback: '10000',
  }),
  API_KEYS_FILE: variable({
    group: group.security,
    description: 'File of the hashed API keys, written by `npm run keys`.',
    expects: 'the path of a file',
    schema: text,
    fallback: null,
    unset: '`DATA_DIR`/api-keys.json',
  }),
  PSEUDONYM_KEY: variable({
    group: group.security,
    description: 'Key of the hashes that replace personal identifiers. The same on every node.',
    expects: 'at least 32 bytes in hexadecimal or base64, for example from `openssl rand -hex 32`',
    schema: secretKey,
    fallback: null,
    unset: 'generated at the first start and kept in `DATA_DIR`/pseudonym.key',
  }),
  RATE_LIMIT_PER_SECOND: number({
    group: group.security,
    description: 'Requests per second of an API key that has no rate of its own.',
    min: 1,
    max: 1_000_000,
    fallback: null,
    unset: 'no limit',
  }),
  METRICS_ACCESS: variable({
    group: group.security,
    description:
      'Who may read `/metrics`: `open` is everyone who reaches the port, `key` asks for an API key ' +
      'with the scope `metrics`.',
    expects: '`open` or `key`',
    schema: z.enum(['open', 'key']),
    fallback: 'open',
  }),
  DEADLINE_MS: number({
    group: group.latency,
    description:
      'Time in which a decision is answered. A caller may ask for less by X-Deadline-Ms.',
    min: 5,
    max: 1000,
    fallback: '50',
  }),
  DEADLINE_RESERVE_MS: number({
    group: group.latency,
    description: 'Part of the deadline kept for the network and for writing the reply.',
    min: 0,
    max: 500,
    fallback: '5',
  }),
  STATE_TIMEOUT_MS: number({
    group: group.latency,
    description: 'Longest wait for the feature state before the decision goes on without it.',
    min: 1,
    max: 1000,
    fallback: '12',
  }),
  MODEL_TIMEOUT_MS: number({
    group: group.latency,
    description: 'Longest wait for the model before the decision goes on without a score.',
    min: 1,
    max: 1000,
    fallback: '15',
  }),
  CONCURRENCY_MAX: number({
    group: group.latency,
    description: 'Most decisions in flight at once. The measured limit moves below it.',
    min: 1,
    max: 10_000,
    fallback: '512',
  }),
  SHED_LOOP_DELAY_MS: number({
    group: group.latency,
    description:
      'Event loop delay (of a turn, or p99 of the last 100 ms) above which load is shed.',
    min: 5,
    max: 10_000,
    fallback: '100',
  }),
  REDIS_URL: variable({
    group: group.state,
    description:
      'Feature state and idempotency: `redis://`, `rediss://` or the path of a unix socket; several ' +
      'addresses with commas are the seeds of a cluster.',
    expects:
      'redis://host:port, rediss://host:port, a socket path, or a comma list of the first two',
    schema: redisTarget,
    fallback: null,
    unset: 'state in the memory of this process',
  }),
  IDEMPOTENCY_TTL_SECONDS: number({
    group: group.state,
    description: 'How long a reply can be replayed by its idempotency key.',
    min: 60,
    max: 604_800,
    fallback: '86400',
  }),
  EVENT_TIME_SKEW_SECONDS: number({
    group: group.state,
    description:
      'How far `event_time` may be from the clock of this server; beyond it is clamped with a warning. ' +
      'Keys with the scope `replay` are not bound.',
    min: 0,
    max: 86_400,
    fallback: '300',
  }),
  RULES_DIR: variable({
    group: group.artifacts,
    description: 'Folder with one folder per ruleset.',
    expects: 'the path of a folder',
    schema: text,
    fallback: './rules',
  }),
  RULESET: variable({
    group: group.artifacts,
    description: 'Name of the ruleset that decides.',
    expects: 'the name of a folder in RULES_DIR',
    schema: fileSafeName,
    fallback: 'default',
  }),
  FEATURES_FILE: variable({
    group: group.artifacts,
    description: 'The feature catalogue.',
    expects: 'the path of a YAML file',
    schema: text,
    fallback: null,
    unset: '`RULES_DIR`/features.yaml',
  }),
  MODEL_DIR: variable({
    group: group.artifacts,
    description:
      'Folder with one folder per version of the model; `none`: rules alone decide, which then does ' +
      'not count as degraded.',
    expects: 'the path of a folder, or `none`',
    schema: text,
    fallback: './models/fraud',
  }),
  MODEL_VERSION: variable({
    group: group.artifacts,
    description: 'Version of the model that decides.',
    expects: 'the name of a folder in MODEL_DIR',
    schema: fileSafeName,
    fallback: null,
    unset: 'the newest in `MODEL_DIR`',
  }),
  JOURNAL_MODE: variable({
    group: group.journal,
    description:
      'When a decision is answered: `commit` after its journal record is on the disk (fdatasync), ' +
      '`write` after the operating system has it (survives a crash of the process, not of the machine).',
    expects: '`commit` or `write`',
    schema: z.enum(['commit', 'write']),
    fallback: 'write',
  }),
  JOURNAL_SEGMENT_MIB: number({
    group: group.journal,
    description: 'Size at which a journal file is closed and the next one begun, in MiB.',
    min: 1,
    max: 1024,
    fallback: '64',
  }),
  JOURNAL_RETENTION_HOURS: number({
    group: group.journal,
    description: 'Age at which closed journal files are removed.',
    min: 1,
    max: 87_600,
    fallback: '168',
  }),
  JOURNAL_DISK_MIB: number({
    group: group.journal,
    description: 'Most disk that the journal takes, in MiB; the oldest closed files go first.',
    min: 16,
    max: JOURNAL_DISK_MIB_MAX,
    fallback: '10240',
  }),
  ...logVariables,
  LOG_LEVEL: variable({
    group: group.telemetry,
    description: 'Least severe level that is logged.',
    expects: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    fallback: 'info',
  }),
  LOG_SAMPLE_RATIO: variable({
    group: group.telemetry,
    description:
      'Share of the answered requests that get a log line. Unforeseen failures always do.',
    expects: 'a number from 0 to 1',
    schema: ratio,
    fallback: '0.01',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable({
    group: group.telemetry,
    description: 'OTLP/HTTP collector, for example `http://localhost:4318`. Traces are sent there.',
    expects: 'an http:// or https:// address',
    schema: httpUrl,
    fallback: null,
    unset: 'no traces',
  }),
  OTEL_SERVICE_NAME: variable({
    group: group.telemetry,
    description: 'Name of the service in traces.',
    expects: 'a name of letters, digits, dots, dashes and underscores',
    schema: fileSafeName,
    fallback: 'tollgate-decision-api',
  }),
  TRACE_SAMPLE_RATIO: variable({
    group: group.telemetry,
    description: 'Share of traces begun here that are recorded. A caller that samples is followed.',
    expects: 'a number from 0 to 1',
    schema: ratio,
    fallback: '0.01',
  }),
} as const;

export type VariableName = keyof typeof variables;
