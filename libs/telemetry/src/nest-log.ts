import type { LoggerService } from '@nestjs/common';
import type { Log } from './logger.js';

/**
 * Nest's own messages, through our log. The framework calls `log(message, context)` and
 * `error(message, stack, context)`. Only texts are passed on; anything else could be an exception
 * that quotes a request.
 */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.target.debug(textOf(message), { component: contextOf(rest) });
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.target.error(
      message instanceof Error ? 'The framework reported an error' : textOf(message),
      {
        component: contextOf(rest),
        ...(message instanceof Error ? { error: message } : {}),
      },
    );
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn(textOf(message), { component: contextOf(rest) });
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.target.debug(textOf(message), { component: contextOf(rest) });
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.target.debug(textOf(message), { component: contextOf(rest) });
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.error(message, ...rest);
  }
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : 'The framework reported something';
}

function contextOf(rest: readonly unknown[]): string {
  const context = rest.at(-1);
  return typeof context === 'string' && /^[A-Za-z][\w ]{0,63}$/.test(context) ? context : 'Nest';
}
