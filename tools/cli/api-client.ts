import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from './user-error.js';

const TIMEOUT_MS = 10_000;
const ATTEMPTS_MAX = 8;
/** A busy service says when to come again, and a payment left out would change all after it. */
const BUSY_ATTEMPTS_MAX = 60;
const BACKOFF_MS = 50;
const BACKOFF_MS_MAX = 5_000;
const RETRIED = new Set([409, 425, 429, 503]);
const TEXT_SHOWN_MAX = 300;

export interface ApiOptions {
  readonly url: string;
  readonly key: string;
  readonly socketsMax: number;
  /** Of the key, for who has to make one. */
  readonly scopes: string;
  /** What to do when the API refuses a body. */
  readonly refusedAdvice: string;
  /** What to do when the API cannot be reached. */
  readonly goneAdvice: string;
}

interface Body {
  readonly mediaType: string;
  readonly text: string;
  readonly timeoutMs: number;
}

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | null;
  readonly text: string;
}

/**
 * Posts to the decision API over kept connections. What can be repeated is: the API answers a
 * repeated transaction with its first decision, and a repeated label changes nothing.
 */
export class ApiClient {
  private readonly agent: Agent;
  private readonly base: URL;
  retries = 0;

  constructor(private readonly options: ApiOptions) {
    this.base = new URL(options.url);
    const settings = { keepAlive: true, maxSockets: options.socketsMax };
    this.agent = this.base.protocol === 'https:' ? new TlsAgent(settings) : new Agent(settings);
  }

  /**
   * @throws UserError when the API refuses the body, or cannot be reached after several attempts.
   */
  post(path: string, body: unknown): Promise<string> {
    const text = JSON.stringify(body);
    return this.postText(path, { mediaType: 'application/json', text, timeoutMs: TIMEOUT_MS });
  }

  /** Like `post`, of what is no JSON. */
  async postText(path: string, body: Body): Promise<string> {
    let trouble = '';
    let attemptsMax = ATTEMPTS_MAX;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (attempt > 0) this.retries += 1;
      const answer = await this.send(path, body).catch((error: unknown) => messageOf(error));
      if (typeof answer === 'string') trouble = answer;
      else if (answer.status < 300) return answer.text;
      else if (RETRIED.has(answer.status)) {
        trouble = describe(answer);
        attemptsMax = BUSY_ATTEMPTS_MAX;
      } else throw new UserError(`${path}: ${describe(answer)}`, this.adviceFor(answer.status));
      const waitMs = typeof answer === 'string' ? null : answer.retryAfterMs;
      await sleep(waitMs ?? Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** attempt));
    }
    const advice = `is Tollgate running at ${this.options.url}? ${this.options.goneAdvice}`;
    throw new UserError(`${path}: given up after ${attemptsMax} attempts: ${trouble}`, advice);
  }

  close(): void {
    this.agent.destroy();
  }

  private adviceFor(status: number): string {
    if (status === 401) return 'give a valid API key by --key or TOLLGATE_API_KEY';
    if (status === 403) return `the key needs ${this.options.scopes}: see npm run keys`;
    return this.options.refusedAdvice;
  }

  private send(path: string, { mediaType, text, timeoutMs }: Body): Promise<Answer> {
    const send = this.base.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = {
      'content-type': mediaType,
      'content-length': Buffer.byteLength(text),
      authorization: `Bearer ${this.options.key}`,
    };
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', agent: this.agent, headers, timeout: timeoutMs };
      const request = send(new URL(path, this.base), options, (response) => {
        readAnswer(response).then(resolve, reject);
      });
      request.on('timeout', () => request.destroy(new Error(`no answer in ${timeoutMs} ms`)));
      request.on('error', reject);
      request.end(text);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += String(part);
  const seconds = Number(response.headers['retry-after']);
  return {
    status: response.statusCode ?? 0,
    retryAfterMs: Number.isFinite(seconds) ? Math.min(BACKOFF_MS_MAX, seconds * 1000) : null,
    text,
  };
}

function describe({ status, text }: Answer): string {
  return `status ${status}: ${text.slice(0, TEXT_SHOWN_MAX)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
