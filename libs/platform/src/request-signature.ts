import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '#contracts/app-error.js';

export const signatureHeader = 'tollgate-signature';
const TOLERANCE_SECONDS = 60;
const SIGNATURES_MAX = 4;
const SIGNATURE_LENGTH = 64; // Hexadecimal SHA-256.
const SEEN_MAX = 250_000; // Per generation: 120 s of 2,000 signed requests per second.
const MS_PER_SECOND = 1000;
const TIME = /^\d{10}(?:\.\d{1,3})?$/;

export interface SignedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  readonly body: Uint8Array;
}

/**
 * The hexadecimal HMAC-SHA-256 over `time.METHODpathbody`; `time` is Unix seconds as written in the
 * header.
 */
export function signRequest(secret: string, time: string, request: SignedRequest): string {
  return createHmac('sha256', secret)
    .update(`${time}.${request.method}${request.path}`)
    .update(request.body)
    .digest('hex');
}

interface ParsedHeader {
  readonly time: string;
  readonly signatures: readonly string[];
}

function parse(header: string | string[] | undefined): ParsedHeader {
  if (header === undefined) {
    throw new AppError('SIGNATURE_MISSING', {
      detail: 'Send the header Tollgate-Signature: t=<unix seconds>,v1=<hex HMAC-SHA-256>.',
    });
  }
  const parts = typeof header === 'string' ? header.split(',') : [];
  let time = '';
  const signatures: string[] = [];
  for (const part of parts) {
    const text = part.trim();
    if (text.startsWith('t=')) {
      time = text.slice(2);
    } else if (text.startsWith('v1=') && text.length === 3 + SIGNATURE_LENGTH) {
      signatures.push(text.slice(3));
    }
  }
  if (!TIME.test(time) || signatures.length === 0 || signatures.length > SIGNATURES_MAX) {
    throw new AppError('SIGNATURE_INVALID', {
      detail: 'Write the header as t=<unix seconds>,v1=<64 hexadecimal digits>; up to four v1.',
    });
  }
  return { time, signatures };
}

function equal(expected: string, given: string): boolean {
  return (
    expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given))
  );
}

/**
 * Checks signed requests: the signature, its age and that it was not seen before. What was seen is
 * kept in two generations that change each tolerance, so memory is bounded and nothing is forgotten
 * while it could still pass.
 */
export class SignatureCheck {
  private seen = new Set<string>();
  private seenBefore = new Set<string>();
  private generation = 0;

  /** @param nowMs Wall time. Throws what the caller is told. */
  verify(
    header: string | string[] | undefined,
    request: SignedRequest,
    secrets: readonly string[],
    nowMs: number,
  ): void {
    const { time, signatures } = parse(header);
    if (Math.abs(nowMs / MS_PER_SECOND - Number(time)) > TOLERANCE_SECONDS) {
      throw new AppError('SIGNATURE_INVALID', {
        detail: `The time t is more than ${TOLERANCE_SECONDS} s from the clock of this server.`,
      });
    }
    const expected = secrets.map((secret) => signRequest(secret, time, request));
    const isSigned = expected.some((one) =>
      signatures.some((given) => equal(one, given.toLowerCase())),
    );
    if (!isSigned) {
      throw new AppError('SIGNATURE_INVALID', {
        detail: 'Sign time + "." + method + path + raw body, exactly as they are sent.',
      });
    }
    this.remember(expected, nowMs);
  }

  /**
   * By every secret, whichever matched: while secrets change, one request carries two signatures,
   * and the second must not let it in again.
   */
  private remember(expected: readonly string[], nowMs: number): void {
    // A signature can pass for two tolerances: from 60 s before its time to 60 s after.
    const generation = Math.floor(nowMs / MS_PER_SECOND / (2 * TOLERANCE_SECONDS));
    if (generation !== this.generation) {
      this.seenBefore = generation === this.generation + 1 ? this.seen : new Set();
      this.seen = new Set();
      this.generation = generation;
    }
    if (expected.some((one) => this.seen.has(one) || this.seenBefore.has(one))) {
      throw new AppError('SIGNATURE_REPLAYED', {
        detail: 'Sign each attempt anew; t may carry milliseconds, as in 1763890000.123.',
      });
    }
    if (this.seen.size >= SEEN_MAX) {
      throw new AppError('OVERLOADED', {
        detail: 'More signed requests than can be told apart from replays.',
        retryAfterSeconds: 1,
      });
    }
    for (const one of expected) this.seen.add(one);
  }
}
