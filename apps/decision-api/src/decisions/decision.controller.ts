import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#contracts/app-error.js';
import { DecisionReply } from '#contracts/decision-reply.js';
import { DecisionRequest } from '#contracts/decision-request.js';
import { budgetMs, Deadline } from '#platform/deadline.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { DocumentScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import type { RequestTrace, Tracing } from '#telemetry/tracing.js';
import { bodyHashOf } from './body-hash.js';
import { decisionReplyExample, decisionRequestExample } from './decision-examples.js';
import type { DecisionParts } from './decision-parts.js';
import { DecideService } from './decide.service.js';
import { DECISION_PARTS, TRACING } from '../tokens.js';

const IDEMPOTENCY_KEY_LENGTH_MAX = 255;

@Controller('v1/decisions')
export class DecisionController {
  constructor(
    @Inject(DecideService) private readonly service: DecideService,
    @Inject(DECISION_PARTS) private readonly parts: DecisionParts,
    @Inject(TRACING) private readonly tracing: Tracing | null,
  ) {}

  @Post()
  @Returns(200, DecisionReply)
  @DocumentScope('decide')
  @Describe({
    operationId: 'createDecision',
    tag: 'Decisions',
    summary: 'May this transaction go through?',
    description:
      'Answers 200 for every decision, declines included. Repeat a request with the same key after ' +
      'a timeout: it gets the same answer and counts no velocity twice.',
    body: DecisionRequest,
    requestHeaders: [
      {
        name: 'Idempotency-Key',
        description: 'Default: the transaction_id. At most 255 printable characters',
      },
      {
        name: 'X-Deadline-Ms',
        description: 'Your whole time for the answer, 5 to 1000. Default 50',
      },
      { name: 'traceparent', description: 'W3C trace context' },
    ],
    replyHeaders: [
      { name: 'Idempotency-Replayed', description: '"true" when this answer was given before' },
      { name: 'Server-Timing', description: 'Where the time went, ms' },
    ],
    errors: [
      'REQUEST_HEADER_INVALID',
      'IDEMPOTENCY_KEY_IN_FLIGHT',
      'IDEMPOTENCY_KEY_REUSED',
      'OVERLOADED',
      'DECISION_NOT_RECORDED',
    ],
    requestExamples: { 'a card payment': decisionRequestExample },
    replyExamples: { 'an approval': decisionReplyExample },
  })
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { clock, config } = this.parts;
    const startedAtMs = request.receivedAtMs;
    const trace =
      this.tracing?.begin('POST /v1/decisions', request.headers.traceparent, startedAtMs) ?? null;
    try {
      const key = request.apiKey;
      if (key === null) throw new AppError('AUTHENTICATION_MISSING');
      const budget = budgetMs(request.headers['x-deadline-ms'], config.latency);
      const deadline = new Deadline(startedAtMs, startedAtMs + budget, clock);
      const body = validateBody(DecisionRequest, request.body);
      const idempotencyKey = idempotencyKeyOf(request) ?? body.transaction_id;
      const answer = await this.service.decide(body, {
        apiKeyId: key.id,
        claimKey: this.parts.pseudonymizer.claimKey(key.id, idempotencyKey),
        bodyHash: bodyHashOf(body),
        mayBackdate: key.scopes.has('replay'),
        deadline,
        trace,
      });
      void reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('server-timing', `${answer.stages}total;dur=${deadline.elapsedMs().toFixed(2)}`);
      if (answer.replayed) void reply.header('idempotency-replayed', 'true');
      void reply.send(answer.json);
      endTrace(trace, clock.monotonicMs(), 200);
    } catch (error) {
      endTrace(trace, clock.monotonicMs(), error instanceof AppError ? error.status : 500);
      throw error;
    }
  }
}

function idempotencyKeyOf(request: FastifyRequest): string | null {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return null;
  const isSound =
    typeof header === 'string' &&
    header.length <= IDEMPOTENCY_KEY_LENGTH_MAX &&
    /^[\u0021-\u007e]+$/.test(header);
  if (isSound) return header;
  throw new AppError('REQUEST_HEADER_INVALID', {
    errors: [
      {
        pointer: 'Idempotency-Key',
        detail: `1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} printable ASCII characters without spaces`,
      },
    ],
  });
}

function endTrace(trace: RequestTrace | null, endedAtMs: number, status: number): void {
  trace?.end(endedAtMs, { route: '/v1/decisions', status });
}
