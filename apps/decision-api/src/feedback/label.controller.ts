import { Body, Controller, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LabelImportReport } from '#contracts/label-import.js';
import { LabelRequest, Receipt } from '#contracts/outcome-request.js';
import { CSV_MEDIA_TYPE, csvBodyOf } from '#platform/csv-body.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { DocumentScope, RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { FeedbackService } from './feedback.service.js';
import { LabelImport } from './label-import.js';

const csvExample = [
  'transaction_id,label,source,reason_code,reported_at,amount.value,amount.currency',
  'pay_2041,fraud,chargeback,10.4,2026-11-23T10:15:00Z,4999,EUR',
  'pay_2042,legit,manual_review,,,,',
  '',
].join('\n');

@Controller('v1/labels')
export class LabelController {
  constructor(
    @Inject(FeedbackService) private readonly feedback: FeedbackService,
    @Inject(LabelImport) private readonly labels: LabelImport,
  ) {}

  @Post()
  @Returns(202, Receipt)
  @RequireScope('label')
  @Describe({
    operationId: 'createLabel',
    tag: 'What became of them',
    summary: 'Say what a transaction turned out to be',
    description:
      'From here on, label features of its card, merchant and so on count it. The same label again is ' +
      'the same label, with the same id; a later one of the same source corrects it.',
    body: LabelRequest,
    errors: ['LABEL_NOT_STORED'],
    requestExamples: {
      'a chargeback': { transaction_id: 'pay_2041', label: 'fraud', source: 'chargeback' },
    },
  })
  create(@Req() request: FastifyRequest, @Body() body: unknown): Promise<Receipt> {
    return this.feedback.recordLabel(request.apiKey?.id ?? '', validateBody(LabelRequest, body));
  }

  @Post('import')
  @Returns(200, LabelImportReport)
  @DocumentScope('label')
  @Describe({
    operationId: 'importLabels',
    tag: 'What became of them',
    summary: 'Say what many transactions turned out to be',
    description:
      'CSV with a header: the columns are the fields of a label. A line that is refused does not stop the ' +
      'others; sent again, a file counts once.',
    textBody: { mediaType: CSV_MEDIA_TYPE, example: csvExample },
    errors: ['LABEL_NOT_STORED', 'IMPORT_IN_PROGRESS'],
  })
  import(@Req() request: FastifyRequest): Promise<LabelImportReport> {
    return this.labels.run({
      apiKeyId: request.apiKey?.id ?? '',
      csv: csvBodyOf(request),
      isAbandoned: () => request.raw.socket.destroyed,
    });
  }
}
