/**
 * Everything that a log line may carry beside its message. The list is closed on purpose: fields of
 * a request are not on it, so that no card number, address or token can reach a log by way of a
 * handy object (PCI DSS 3.4, 3.5).
 */
export interface LogFields {
  readonly requestId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly apiKeyId?: string | undefined;
  readonly decisionId?: string | undefined;
  readonly method?: string | undefined;
  /**
   * The pattern of the route, such as `/v1/decisions/:id/outcome`; never the address that was
   * called.
   */
  readonly route?: string | undefined;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly decision?: string | undefined;
  readonly degradedLevel?: string | undefined;
  readonly cause?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly component?: string | undefined;
  /** A sentence written by us, or about our own files; never one that quotes a request. */
  readonly detail?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly previousVersion?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly mode?: string | undefined;
  readonly count?: number | undefined;
  readonly bytes?: number | undefined;
  readonly signal?: string | undefined;
  readonly error?: unknown;
}

const textFields = [
  'requestId',
  'traceId',
  'apiKeyId',
  'decisionId',
  'method',
  'route',
  'code',
  'decision',
  'degradedLevel',
  'cause',
  'component',
  'detail',
  'file',
  'name',
  'version',
  'previousVersion',
  'address',
  'mode',
  'signal',
] as const satisfies readonly (keyof LogFields)[];

const numberFields = [
  'status',
  'durationMs',
  'line',
  'port',
  'count',
  'bytes',
] as const satisfies readonly (keyof LogFields)[];

const TEXT_LENGTH_MAX = 1024;
const STACK_FRAMES_MAX = 12;

/** The stack without the message that stands before it, whatever lines that message has. */
function framesOf(error: Error): string[] {
  const stack = error.stack ?? '';
  const start = stack.indexOf(error.message);
  if (start < 0) {
    return [];
  }
  return stack
    .slice(start + error.message.length)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, STACK_FRAMES_MAX)
    .map((line) => line.trim());
}

/**
 * What may be said about an error: its class, its code and where it was thrown. Its message is left
 * out, because messages quote what they complain about: a JSON parser the body, a Redis client the
 * command.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) {
    return { type: typeof error };
  }
  const code: unknown = 'code' in error ? error.code : undefined;
  const frames = framesOf(error);
  return {
    type: error.constructor.name,
    ...(typeof code === 'string' ? { code: code.slice(0, 64) } : {}),
    frames,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

/** Copies the fields on the list and nothing else, whatever object a caller hands over. */
export function allowedFields(fields: object): Record<string, unknown> {
  const given = fields as Readonly<Record<string, unknown>>;
  const allowed: Record<string, unknown> = {};
  for (const field of textFields) {
    const value = given[field];
    if (typeof value === 'string') {
      allowed[field] = value.slice(0, TEXT_LENGTH_MAX);
    }
  }
  for (const field of numberFields) {
    const value = given[field];
    if (typeof value === 'number') {
      allowed[field] = value;
    }
  }
  const error = given['error'] ?? given['err'];
  if (error !== undefined) {
    allowed['error'] = describeError(error);
  }
  return allowed;
}
