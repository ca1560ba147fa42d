import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisCommand, RedisLink } from '../redis-link.js';
import type { StoreError } from '../store-error.js';

/**
 * Commands in one round trip, scripts and others: few, so that a decision of the service waits for
 * a fraction of a millisecond at most.
 */
const SCRIPTS_MAX = 16;
const COMMANDS_MAX = 64;
const TIMEOUT_MS = 1_000;
const ATTEMPTS_MAX = 14;
const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 2_000;

/** For work that may wait: small steps, and again and again where Redis does not answer. */
export class PatientLink {
  constructor(private readonly link: RedisLink) {}

  /**
   * The commands' values, in order. They must do no harm when they run twice: an answer can get
   * lost.
   *
   * @throws StoreError when Redis refuses or does not answer for about 20 seconds.
   */
  async run(commands: readonly RedisCommand[]): Promise<unknown[]> {
    const values: unknown[] = [];
    const most = commands.some(({ name }) => name === 'evalsha') ? SCRIPTS_MAX : COMMANDS_MAX;
    for (let first = 0; first < commands.length; first += most) {
      values.push(...(await this.insist(commands.slice(first, first + most))));
    }
    return values;
  }

  private async insist(commands: readonly RedisCommand[]): Promise<unknown[]> {
    const values: unknown[] = Array.from({ length: commands.length });
    let left = commands.map((_, index) => index);
    for (let attempt = 1; ; attempt += 1) {
      const replies = await this.link.execute(
        left.map((index) => commands[index]!),
        TIMEOUT_MS,
      );
      const failures: StoreError[] = [];
      left = left.filter((index, nth) => {
        const reply = replies[nth]!;
        if (reply.ok) values[index] = reply.value;
        else failures.push(reply.error);
        return !reply.ok;
      });
      const [failure] = failures;
      if (failure === undefined) return values;
      if (attempt === ATTEMPTS_MAX) throw failure;
      await sleep(Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** attempt));
    }
  }
}
