import { Controller, Get, Inject, Query } from '@nestjs/common';
import { LabelMaturity, LabelMaturityQuery } from '#contracts/label-maturity.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { answered } from '../answered.js';
import { LabelMaturityService } from './label-maturity.service.js';

@Controller('v1/label-maturity')
export class LabelMaturityController {
  constructor(@Inject(LabelMaturityService) private readonly maturity: LabelMaturityService) {}

  @Get()
  @Returns(200, LabelMaturity)
  @RequireScope('read')
  @Describe({
    operationId: 'getLabelMaturity',
    tag: 'Labels',
    summary: 'How much of what will be known of decisions is known, by their age',
    description:
      'Before you believe a fraud rate, look at how many of its labels have come. `from` and `to` ask ' +
      'how mature the decisions of that time are.',
    query: LabelMaturityQuery,
    errors: ['DATABASE_UNAVAILABLE'],
  })
  tell(@Query() query: Record<string, string>): Promise<LabelMaturity> {
    const asked = validateBody<LabelMaturityQuery>(LabelMaturityQuery, query);
    return answered(() => this.maturity.tell(asked));
  }
}
