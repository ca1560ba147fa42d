import type { Command } from 'commander';
import { loadReplayConfig } from '#config/replay-config.js';
import { UserError } from './user-error.js';

/** An analysis of millions of decisions takes its time. */
const TIMEOUT_MS = 180_000;
const TEXT_SHOWN_MAX = 300;

export interface ServiceSettings {
  readonly url: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** The options of every command that asks the service experiments. */
export function withService(command: Command, scope: 'read' | 'publish' = 'read'): Command {
  return command
    .option('--url <address>', 'the service experiments', 'http://127.0.0.1:8081')
    .option('--key <text>', `an API key with the scope ${scope} (TOLLGATE_API_KEY)`)
    .option('--json', 'the whole answer as JSON');
}

export interface ServiceRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** Asks the service. @throws UserError when it refuses, or cannot be reached. */
export async function ask<T>(
  { method = 'GET', path, body }: ServiceRequest,
  settings: ServiceSettings,
): Promise<T> {
  const key = settings.key ?? loadReplayConfig().apiKey?.reveal();
  if (key === undefined) {
    throw new UserError('no API key', 'give one by --key or TOLLGATE_API_KEY');
  }
  let reply: Response;
  try {
    reply = await fetch(new URL(path, settings.url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const advice = 'is the service experiments running there? Name it by --url';
    throw new UserError(`${settings.url} does not answer: ${why}`, advice);
  }
  const text = await reply.text();
  if (!reply.ok) throw refused(reply.status, text);
  return JSON.parse(text) as T;
}

/** Prints what was answered: as JSON where that is wanted, else as these lines. */
export function show<T>(
  answer: T,
  settings: ServiceSettings,
  lines: (answer: T) => readonly string[],
): void {
  const text = settings.json === true ? JSON.stringify(answer, null, 2) : lines(answer).join('\n');
  process.stdout.write(`${text}\n`);
}

function refused(status: number, text: string): UserError {
  const what = problemOf(text) ?? `status ${status}: ${text.slice(0, TEXT_SHOWN_MAX)}`;
  if (status === 401) {
    return new UserError(what, 'give a valid API key by --key or TOLLGATE_API_KEY');
  }
  if (status === 404)
    return new UserError(what, 'the command list, or status, names what there is');
  if (status === 403) return new UserError(what, 'see npm run keys for a key with that scope');
  return new UserError(what, status >= 500 ? 'try again shortly' : 'mend the request');
}

interface Problem {
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** A problem document in a few lines; null when it is none. */
function problemOf(text: string): string | null {
  try {
    const { title, detail, errors = [] } = JSON.parse(text) as Problem;
    if (typeof title !== 'string') return null;
    const head = typeof detail === 'string' ? `${title}. ${detail}` : title;
    return [head, ...errors.map((one) => `  ${one.pointer}: ${one.detail}`)].join('\n');
  } catch {
    return null;
  }
}
