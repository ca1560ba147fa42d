import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAnswer, HttpClient } from './http-client.js';

const MS_PER_SECOND = 1_000;

export interface Sent {
  readonly body: string;
  /** When it was sent, ms after the load began. */
  readonly sentMs: number;
  /** When it was answered or lost, likewise. */
  readonly doneMs: number;
  /** Null when no whole answer came. */
  readonly answer: HttpAnswer | null;
}

export interface PacedLoadOptions {
  readonly client: HttpClient;
  readonly ratePerSecond: number;
  readonly nextBody: () => string;
}

/**
 * Decision requests at a steady rate, each sent when it is due whatever became of those before it.
 */
export class PacedLoad {
  private readonly underWay: Promise<Sent>[] = [];
  private readonly startMs = performance.now();
  private stopped = false;
  private readonly sending: Promise<void>;

  constructor(private readonly options: PacedLoadOptions) {
    this.sending = this.sendAll();
  }

  get elapsedMs(): number {
    return performance.now() - this.startMs;
  }

  /** Sends no more, and waits until what was sent is answered or lost. */
  async stop(): Promise<Sent[]> {
    this.stopped = true;
    await this.sending;
    return Promise.all(this.underWay);
  }

  private async sendAll(): Promise<void> {
    const intervalMs = MS_PER_SECOND / this.options.ratePerSecond;
    while (!this.stopped) {
      while (!this.stopped && this.underWay.length * intervalMs <= this.elapsedMs) {
        this.underWay.push(this.send());
      }
      await sleep(1);
    }
  }

  private async send(): Promise<Sent> {
    const { client, nextBody } = this.options;
    const body = nextBody();
    const sentMs = this.elapsedMs;
    const answer = await client.send({ path: '/v1/decisions', body }).catch(() => null);
    return { body, sentMs, doneMs: this.elapsedMs, answer };
  }
}
