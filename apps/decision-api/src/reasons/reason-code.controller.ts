import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';
import { degradationCauses } from '#contracts/decision-reply.js';
import { fallbackReason, fallbackReasonCode } from '#contracts/reason-codes.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import type { DecisionParts } from '../decisions/decision-parts.js';
import { DECISION_PARTS } from '../tokens.js';

const ReasonCodes = z
  .object({
    reason_codes: z.array(
      z.object({ code: z.string(), message: z.string(), public_message: z.string() }),
    ),
  })
  .meta({ id: 'ReasonCodes' });
type ReasonCodes = z.infer<typeof ReasonCodes>;

@Controller('v1/reason-codes')
export class ReasonCodeController {
  constructor(@Inject(DECISION_PARTS) private readonly parts: DecisionParts) {}

  @Get()
  @Returns(200, ReasonCodes)
  @RequireScope('read')
  @Describe({
    operationId: 'listReasonCodes',
    tag: 'Reasons',
    summary: 'Every reason that a decision may give now',
  })
  list(): ReasonCodes {
    const model = this.parts.models?.current?.bundle.manifest.reasonGroups ?? [];
    const codes = [
      ...[...this.parts.policy.current.reasonTexts].map(([code, text]) => ({ code, ...text })),
      ...degradationCauses.map((cause) => ({
        code: fallbackReasonCode(cause),
        ...fallbackReason(cause),
      })),
      ...model.map(({ code, message, public_message }) => ({ code, message, public_message })),
    ];
    return { reason_codes: codes.sort((a, b) => (a.code < b.code ? -1 : 1)) };
  }
}
