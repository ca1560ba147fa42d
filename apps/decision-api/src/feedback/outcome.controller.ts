import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '#contracts/app-error.js';
import { OutcomeRequest, Receipt } from '#contracts/outcome-request.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { FeedbackService } from './feedback.service.js';

const DecisionId = z.uuidv7();

@Controller('v1/decisions/:id/outcome')
export class OutcomeController {
  constructor(@Inject(FeedbackService) private readonly feedback: FeedbackService) {}

  @Post()
  @Returns(202, Receipt)
  @RequireScope('label')
  @Describe({
    operationId: 'createOutcome',
    tag: 'What became of them',
    summary: 'Say what became of a decided payment',
    body: OutcomeRequest,
    errors: ['DECISION_NOT_FOUND', 'LABEL_NOT_STORED'],
    requestExamples: { 'the issuer said no': { outcome: 'declined_by_issuer' } },
  })
  async create(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<Receipt> {
    const outcome = validateBody(OutcomeRequest, body);
    if (!DecisionId.safeParse(id).success) {
      throw new AppError('DECISION_NOT_FOUND', {
        detail: 'Put the decision_id of the reply into the address.',
      });
    }
    return this.feedback.recordOutcome(request.apiKey?.id ?? '', id, outcome);
  }
}
