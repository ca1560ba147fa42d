import { connect, type Socket } from 'node:net';
import type { Target } from './target.js';

/** What came back; status 0 when nothing did (refused, reset, timed out). */
export interface Reply {
  readonly status: number;
  readonly degraded: boolean;
}

type OnReply = (reply: Reply) => void;

const LOST: Reply = { status: 0, degraded: false };
const HEAD_END = '\r\n\r\n';
const DEGRADED = '"degraded":{"value":true';

/**
 * One keep-alive connection that carries one request at a time. Written on the bare socket: the
 * generator shares the machine with what it measures, and a general HTTP client costs nearly twice
 * as much for each request.
 */
export class Connection {
  private socket: Socket | null = null;
  private received = '';
  private waiting: OnReply | null = null;
  private readonly head: string;

  constructor(
    private readonly target: Target,
    private readonly timeoutMs: number,
  ) {
    const { host, port, path, key } = target;
    const authorization = key === null ? '' : `Authorization: Bearer ${key}\r\n`;
    const shown = host.includes(':') ? `[${host}]` : host;
    this.head =
      `POST ${path} HTTP/1.1\r\nHost: ${shown}:${port}\r\n${authorization}` +
      'Content-Type: application/json\r\nContent-Length: ';
  }

  /** @param body ASCII, so that its length is its size. */
  send(body: string, onReply: OnReply): void {
    this.waiting = onReply;
    this.socket ??= this.open();
    this.socket.write(`${this.head}${body.length}${HEAD_END}${body}`, 'latin1');
  }

  close(): void {
    this.socket?.destroy();
    this.socket = null;
  }

  private open(): Socket {
    const { host, port } = this.target;
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    socket.setEncoding('latin1');
    socket.setTimeout(this.timeoutMs, () => {
      // An idle connection has nothing to time out.
      if (this.waiting !== null) socket.destroy();
    });
    socket.on('data', (text: string) => this.read(text));
    // The close that follows an error settles the request.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.socket === socket) this.socket = null;
      this.settle(LOST);
    });
    return socket;
  }

  private read(text: string): void {
    this.received = this.received === '' ? text : this.received + text;
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.received.slice(0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.socket?.destroy(new Error('a reply without Content-Length cannot be read'));
      return;
    }
    const bodyStart = headEnd + HEAD_END.length;
    if (this.received.length < bodyStart + Number(length)) return;
    const degraded = this.received.includes(DEGRADED, bodyStart);
    // "HTTP/1.1 200 OK"
    this.settle({ status: Number(head.slice(9, 12)), degraded });
  }

  private settle(reply: Reply): void {
    this.received = '';
    const { waiting } = this;
    this.waiting = null;
    waiting?.(reply);
  }
}
