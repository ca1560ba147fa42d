import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LabelRequest, Receipt } from '#contracts/outcome-request.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { FeedbackService } from './feedback.service.js';

@Controller('v1/labels')
export class LabelController {
  constructor(@Inject(FeedbackService) private readonly feedback: FeedbackService) {}

  @Post()
  @Returns(202, Receipt)
  @RequireScope('label')
  @Describe({
    operationId: 'createLabel',
    tag: 'What became of them',
    summary: 'Say what a transaction turned out to be',
    description: 'From here on, label features of its card, merchant and so on count it.',
    body: LabelRequest,
    errors: ['LABEL_NOT_STORED'],
    requestExamples: {
      'a chargeback': { transaction_id: 'pay_2041', label: 'fraud', source: 'chargeback' },
    },
  })
  create(@Req() request: FastifyRequest, @Body() body: unknown): Promise<Receipt> {
    return this.feedback.recordLabel(request.apiKey?.id ?? '', validateBody(LabelRequest, body));
  }
}
