import pino from 'pino';
import { allowedFields, type LogFields } from './log-fields.js';

/**
 * Messages are constant sentences; what varies goes into the fields. ERROR means that a person must
 * act.
 */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: string;
  readonly service: string;
  readonly version?: string;
  /** Where lines go instead of standard output; tests collect them. */
  readonly write?: (line: string) => void;
}

const BUFFER_BYTES = 4096;
const FLUSH_INTERVAL_MS = 500;

/**
 * The logger of one process. `flush` before the process ends: lines are written in the background.
 */
export class Logger implements Log {
  private constructor(
    private readonly target: pino.Logger,
    private readonly flushNow: () => void,
  ) {}

  static create(options: LogOptions): Logger {
    const { write } = options;
    const destination =
      write === undefined
        ? pino.destination({
            fd: 1,
            sync: false,
            minLength: BUFFER_BYTES,
            periodicFlush: FLUSH_INTERVAL_MS,
          })
        : { write };
    const target = pino(
      {
        level: options.level,
        base: {
          service: options.service,
          ...(options.version === undefined ? {} : { serviceVersion: options.version }),
        },
        timestamp: pino.stdTimeFunctions.isoTime,
        messageKey: 'message',
        formatters: {
          level: (label) => ({ level: label }),
          log: allowedFields,
        },
      },
      destination,
    );
    return new Logger(target, () => {
      if ('flushSync' in destination) {
        destination.flushSync();
      }
    });
  }

  error(message: string, fields: LogFields = {}): void {
    this.target.error(fields, message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.target.warn(fields, message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.target.info(fields, message);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.target.debug(fields, message);
  }

  flush(): void {
    this.flushNow();
  }
}
