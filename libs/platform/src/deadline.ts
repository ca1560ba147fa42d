import { AppError } from '#contracts/app-error.js';
import type { Clock } from '#telemetry/clock.js';

export const DEADLINE_HEADER_MS_MIN = 5;
export const DEADLINE_HEADER_MS_MAX = 1000;

/**
 * The time by which a request is answered; made once per request and passed on explicitly.
 * Monotonic ms.
 */
export class Deadline {
  constructor(
    readonly startedAtMs: number,
    readonly endsAtMs: number,
    private readonly clock: Clock,
  ) {}

  /** Never negative. */
  remainingMs(): number {
    return Math.max(0, this.endsAtMs - this.clock.monotonicMs());
  }

  elapsedMs(): number {
    return this.clock.monotonicMs() - this.startedAtMs;
  }

  /**
   * When a stage that may take `capMs` has to be done: its own cap, or the deadline where that is
   * nearer.
   */
  stageEndsAtMs(capMs: number): number {
    return Math.min(this.endsAtMs, this.clock.monotonicMs() + capMs);
  }
}

export interface DeadlinePolicy {
  readonly deadlineMs: number;
  readonly deadlineReserveMs: number;
}

/**
 * Milliseconds to work with: the smaller of the caller's X-Deadline-Ms and ours, less the reserve
 * for the network and the reply. The reserve never takes more than half, so that a short deadline
 * still gets an answer of substance.
 */
export function budgetMs(header: string | string[] | undefined, policy: DeadlinePolicy): number {
  const asked = header === undefined ? policy.deadlineMs : parseHeader(header);
  const totalMs = Math.min(asked, policy.deadlineMs);
  return totalMs - Math.min(policy.deadlineReserveMs, totalMs / 2);
}

function parseHeader(header: string | string[]): number {
  const ms = typeof header === 'string' && /^\d{1,4}$/.test(header) ? Number(header) : Number.NaN;
  if (!(ms >= DEADLINE_HEADER_MS_MIN && ms <= DEADLINE_HEADER_MS_MAX)) {
    throw new AppError('REQUEST_HEADER_INVALID', {
      errors: [
        {
          pointer: 'X-Deadline-Ms',
          detail: `a whole number of milliseconds from ${DEADLINE_HEADER_MS_MIN} to ${DEADLINE_HEADER_MS_MAX}`,
        },
      ],
    });
  }
  return ms;
}
