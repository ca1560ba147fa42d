import type { Command } from 'commander';
import { loadReplayConfig } from '#config/replay-config.js';
import { UserError } from '../cli/user-error.js';

/** An analysis of millions of decisions takes its time. */
const TIMEOUT_MS = 180_000;
const TEXT_SHOWN_MAX = 300;

export interface ServiceSettings {
  readonly url: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** The options of every command that asks the service experiments. */
export function withService(command: Command): Command {
  return command
    .option('--url <address>', 'the service experiments', 'http://127.0.0.1:8081')
    .option('--key <text>', 'an API key with the scope read (TOLLGATE_API_KEY)')
    .option('--json', 'the whole answer as JSON');
}

/** Asks the service. @throws UserError when it refuses, or cannot be reached. */
export async function ask<T>(path: string, settings: ServiceSettings): Promise<T> {
  const key = settings.key ?? loadReplayConfig().apiKey?.reveal();
  if (key === undefined) {
    throw new UserError('no API key', 'give one with the scope read: --key or TOLLGATE_API_KEY');
  }
  const url = new URL(path, settings.url);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let reply: Response;
  try {
    reply = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal });
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
  const problem = problemOf(text);
  const what = problem ?? `status ${status}: ${text.slice(0, TEXT_SHOWN_MAX)}`;
  if (status === 401)
    return new UserError(what, 'give a valid API key by --key or TOLLGATE_API_KEY');
  if (status === 403) return new UserError(what, 'the key needs the scope read: see npm run keys');
  if (status === 404) return new UserError(what, 'npm run experiment -- list names what there is');
  return new UserError(what, status >= 500 ? 'try again shortly' : 'mend the request');
}

/** The sentence of a problem document; null when it is none. */
function problemOf(text: string): string | null {
  try {
    const { title, detail } = JSON.parse(text) as { title?: unknown; detail?: unknown };
    if (typeof title !== 'string') return null;
    return typeof detail === 'string' ? `${title}. ${detail}` : title;
  } catch {
    return null;
  }
}
