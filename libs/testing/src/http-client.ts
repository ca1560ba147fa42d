import { Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

export interface HttpRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Keep-alive connections to a service on loopback. Unlike `fetch` it sends what it is told, wrong
 * headers included, and never again by itself.
 */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(
    readonly port: number,
    private readonly key: string | null,
  ) {}

  /** @throws when no whole answer came: refused, reset or cut off. */
  send({ method = 'POST', path, headers = {}, body }: HttpRequest): Promise<HttpAnswer> {
    const authorization = this.key === null ? {} : { authorization: `Bearer ${this.key}` };
    // Node frames the body of a GET or a HEAD only when told to.
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = {
      agent: this.agent,
      host: '127.0.0.1',
      port: this.port,
      method,
      path,
      headers: { 'content-type': 'application/json', ...authorization, ...length, ...headers },
    };
    return new Promise((resolve, reject) => {
      const sent = request(options, (answer) => {
        text(answer).then(
          (content) =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: content }),
          reject,
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async get(path: string): Promise<HttpAnswer> {
    return this.send({ method: 'GET', path });
  }

  close(): void {
    this.agent.destroy();
  }
}
