import { Controller, Get, Inject, Query } from '@nestjs/common';
import { LabelMaturityQuery, type LabelMaturity } from '#contracts/label-maturity.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { answered } from '../answered.js';
import { LabelMaturityService } from './label-maturity.service.js';

@Controller('v1/label-maturity')
export class LabelMaturityController {
  constructor(@Inject(LabelMaturityService) private readonly maturity: LabelMaturityService) {}

  @Get()
  @RequireScope('read')
  tell(@Query() query: Record<string, string>): Promise<LabelMaturity> {
    const asked = validateBody<LabelMaturityQuery>(LabelMaturityQuery, query);
    return answered(() => this.maturity.tell(asked));
  }
}
