import {
  parseEnvironment,
  type ConfigProblem,
  type Environment,
  type Loaded,
} from './environment.js';
import { Secret } from './secret.js';
import { serviceConfigOf, type ServiceConfig } from './service-config.js';
import { NO_DATABASE, type RedisTarget } from './value-schemas.js';

const BYTES_PER_MEBIBYTE = 1024 * 1024;
const MS_PER_HOUR = 3_600_000;
const NO_MODEL = 'none';

/**
 * Everything that decision-api is told from outside; parsed once at start. Paths are as written.
 */
export interface DecisionApiConfig extends ServiceConfig {
  /** Null: state in memory. Secret because the address may carry a password. */
  readonly redis: Secret<RedisTarget> | null;
  readonly latency: {
    readonly deadlineMs: number;
    readonly deadlineReserveMs: number;
    readonly stateTimeoutMs: number;
    readonly modelTimeoutMs: number;
    readonly concurrencyMax: number;
    readonly shedLoopDelayMs: number;
  };
  readonly idempotencyTtlSeconds: number;
  readonly eventTimeSkewMs: number;
  readonly rulesDir: string;
  readonly ruleset: string;
  readonly featuresFile: string;
  /** Null: no model is wanted; rules alone decide, and that is no failure. */
  readonly modelDir: string | null;
  readonly modelVersion: string | null;
  /** Null: no control plane; what the own folders hold decides. May carry a password. */
  readonly databaseUrl: Secret<string> | null;
  readonly nodeId: string | null;
  readonly journal: {
    readonly folder: string;
    readonly mode: 'commit' | 'write';
    readonly segmentBytesMax: number;
    readonly retentionMs: number;
    readonly diskBytesMax: number;
  };
  readonly tracing: {
    readonly endpoint: string | null;
    readonly serviceName: string;
    readonly sampleRatio: number;
  };
}

function databaseUrlOf(url: string | null): Secret<string> | null {
  return url === null || url === NO_DATABASE ? null : new Secret(url);
}

/** Reads the environment. Every problem is reported at once, by name and fix, without the value. */
export function loadDecisionApiConfig(
  environment: Environment = process.env,
): Loaded<DecisionApiConfig> {
  const parsed = parseEnvironment(environment);
  if (!parsed.ok) {
    return parsed;
  }
  const values = parsed.value;
  const problems: ConfigProblem[] = [];
  if (values.DEADLINE_RESERVE_MS >= values.DEADLINE_MS) {
    problems.push({ variable: 'DEADLINE_RESERVE_MS', fix: 'must be less than DEADLINE_MS' });
  }
  if (values.JOURNAL_DISK_MIB < 2 * values.JOURNAL_SEGMENT_MIB) {
    problems.push({
      variable: 'JOURNAL_DISK_MIB',
      fix: 'must hold at least two files of JOURNAL_SEGMENT_MIB',
    });
  }
  if (problems.length > 0) {
    return { ok: false, problems };
  }
  return {
    ok: true,
    value: {
      ...serviceConfigOf(values, values.PORT),
      redis: values.REDIS_URL === null ? null : new Secret(values.REDIS_URL),
      latency: {
        deadlineMs: values.DEADLINE_MS,
        deadlineReserveMs: values.DEADLINE_RESERVE_MS,
        stateTimeoutMs: values.STATE_TIMEOUT_MS,
        modelTimeoutMs: values.MODEL_TIMEOUT_MS,
        concurrencyMax: values.CONCURRENCY_MAX,
        shedLoopDelayMs: values.SHED_LOOP_DELAY_MS,
      },
      idempotencyTtlSeconds: values.IDEMPOTENCY_TTL_SECONDS,
      eventTimeSkewMs: values.EVENT_TIME_SKEW_SECONDS * 1000,
      rulesDir: values.RULES_DIR,
      ruleset: values.RULESET,
      featuresFile: values.FEATURES_FILE ?? `${values.RULES_DIR}/features.yaml`,
      modelDir: values.MODEL_DIR === NO_MODEL ? null : values.MODEL_DIR,
      modelVersion: values.MODEL_VERSION,
      databaseUrl: databaseUrlOf(values.DATABASE_URL),
      nodeId: values.NODE_ID,
      journal: {
        folder: `${values.DATA_DIR}/journal`,
        mode: values.JOURNAL_MODE,
        segmentBytesMax: values.JOURNAL_SEGMENT_MIB * BYTES_PER_MEBIBYTE,
        retentionMs: values.JOURNAL_RETENTION_HOURS * MS_PER_HOUR,
        diskBytesMax: values.JOURNAL_DISK_MIB * BYTES_PER_MEBIBYTE,
      },
      tracing: {
        endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
        serviceName: values.OTEL_SERVICE_NAME,
        sampleRatio: values.TRACE_SAMPLE_RATIO,
      },
    },
  };
}
