import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ShadowQuery, ShadowReport } from '#contracts/shadow-report.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import type { Analyses } from '../analysis/analyses.js';
import { answered } from '../answered.js';
import { ANALYSES } from '../tokens.js';

/** What shadows would have decided. */
@Controller('v1/shadows')
export class ShadowController {
  constructor(@Inject(ANALYSES) private readonly analyses: Analyses) {}

  @Get(':id/report')
  @Returns(200, ShadowReport)
  @RequireScope('read')
  @Describe({
    operationId: 'reportShadow',
    tag: 'Shadows',
    summary: 'What a shadow would have decided',
    description:
      'Against what did decide, on the same transactions: who would change and at what value, which of ' +
      'the two was right, how scores, calibration and latency differ.',
    query: ShadowQuery,
    errors: ['SHADOW_NOT_FOUND', 'OVERLOADED', 'DATABASE_UNAVAILABLE'],
  })
  report(@Param('id') id: string, @Query() query: Record<string, string>): Promise<ShadowReport> {
    const wanted = validateBody<ShadowQuery>(ShadowQuery, query);
    const { queue, shadows } = this.analyses;
    const key = `shadow ${id} ${JSON.stringify(wanted)}`;
    return answered(() => queue.run(key, () => shadows.report(id, wanted)));
  }
}
