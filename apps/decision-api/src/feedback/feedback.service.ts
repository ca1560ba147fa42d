import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '#contracts/app-error.js';
import type { LabelRecord, OutcomeRecord } from '#contracts/journal-record.js';
import type { LabelRequest, OutcomeRequest, Receipt } from '#contracts/outcome-request.js';
import { patchOfLabel, patchOfOutcome } from '#engine/event-patch.js';
import type { EventPatch } from '#features/feature-store.js';
import type { DecisionParts } from '../decisions/decision-parts.js';
import { DECISION_PARTS } from '../tokens.js';

/**
 * Takes what became known later: into the features of the events concerned, then into the journal,
 * so that the journal holds what was acknowledged. What fails between the two is sent again by the
 * caller and changes the same event to the same.
 */
@Injectable()
export class FeedbackService {
  constructor(@Inject(DECISION_PARTS) private readonly parts: DecisionParts) {}

  /**
   * @throws AppError LABEL_NOT_STORED when journal or feature store is away: send it again, it
   *   counts once.
   */
  async recordLabel(apiKeyId: string, label: LabelRequest): Promise<Receipt> {
    const acceptedAtMs = this.parts.clock.wallMs();
    const record: LabelRecord = {
      v: 1,
      id: uuidv7(),
      api_key_id: apiKeyId,
      accepted_at_ms: acceptedAtMs,
      label,
    };
    await this.keep('label', record, [patchOfLabel(this.parts.pseudonymizer, label)]);
    this.parts.metrics.label(label.label);
    return receipt(record.id, acceptedAtMs);
  }

  async recordOutcome(
    apiKeyId: string,
    decisionId: string,
    outcome: OutcomeRequest,
  ): Promise<Receipt> {
    const acceptedAtMs = this.parts.clock.wallMs();
    const record: OutcomeRecord = {
      v: 1,
      id: uuidv7(),
      api_key_id: apiKeyId,
      decision_id: decisionId,
      accepted_at_ms: acceptedAtMs,
      outcome,
    };
    const patch = patchOfOutcome(decisionId, outcome);
    await this.keep('outcome', record, patch === null ? [] : [patch]);
    this.parts.metrics.outcome(outcome.outcome);
    return receipt(record.id, acceptedAtMs);
  }

  private async keep(
    type: 'label' | 'outcome',
    record: LabelRecord | OutcomeRecord,
    patches: readonly EventPatch[],
  ): Promise<void> {
    try {
      // An event that no window reaches any more is not found, which is no error.
      if (patches.length > 0) await this.parts.store.patch(patches);
      await this.parts.journal.append(type, JSON.stringify(record));
    } catch (cause) {
      throw new AppError('LABEL_NOT_STORED', { retryAfterSeconds: 1, cause });
    }
  }
}

function receipt(id: string, acceptedAtMs: number): Receipt {
  return { id, accepted_at: new Date(acceptedAtMs).toISOString() };
}
