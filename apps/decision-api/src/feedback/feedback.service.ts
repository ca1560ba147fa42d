import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '#contracts/app-error.js';
import type { LabelRecord, OutcomeRecord } from '#contracts/journal-record.js';
import type { LabelRequest, OutcomeRequest, Receipt } from '#contracts/outcome-request.js';
import { patchOfLabel, patchOfOutcome } from '#engine/event-patch.js';
import { labelIdOf, outcomeIdOf } from '#engine/label-id.js';
import type { EventPatch } from '#features/feature-store.js';
import { RecentMap } from '#store/recent-map.js';
import type { DecisionParts } from '../decisions/decision-parts.js';
import { DECISION_PARTS } from '../tokens.js';

/** Labels and outcomes that are known to be in the journal when they come again. */
const REMEMBERED_MAX = 100_000;

export interface Taken {
  readonly receipt: Receipt;
  /** It was taken before, as far as this process remembers. */
  readonly isRepeat: boolean;
}

interface Report {
  readonly type: 'label' | 'outcome';
  readonly record: LabelRecord | OutcomeRecord;
  /** Null where features do not depend on it. */
  readonly patch: EventPatch | null;
}

/**
 * Takes what became known later: into the features of the events concerned, then into the journal,
 * so that the journal holds what was acknowledged. Ids follow from the content: what fails between
 * the two, or is not heard by the caller, is sent again and is the same.
 */
@Injectable()
export class FeedbackService {
  /** By id, when it was accepted first, epoch ms. */
  private readonly remembered = new RecentMap<string, number>(REMEMBERED_MAX);

  constructor(@Inject(DECISION_PARTS) private readonly parts: DecisionParts) {}

  /**
   * @throws AppError LABEL_NOT_STORED when journal or feature store is away: send it again, it
   *   counts once.
   */
  async recordLabel(apiKeyId: string, label: LabelRequest): Promise<Receipt> {
    const [taken] = await this.recordLabels(apiKeyId, [label]);
    return taken!.receipt;
  }

  /** Labels together, in their order; all are taken or, to be sent again, the call fails. */
  async recordLabels(apiKeyId: string, labels: readonly LabelRequest[]): Promise<Taken[]> {
    const acceptedAtMs = this.parts.clock.wallMs();
    const reports = labels.map((label): Report => {
      const id = labelIdOf(label);
      return {
        type: 'label',
        record: { v: 1, id, api_key_id: apiKeyId, accepted_at_ms: acceptedAtMs, label },
        patch: patchOfLabel(this.parts.pseudonymizer, label, acceptedAtMs),
      };
    });
    const taken = await this.keep(reports);
    for (const { label } of labels) this.parts.metrics.label(label);
    return taken;
  }

  async recordOutcome(
    apiKeyId: string,
    decisionId: string,
    outcome: OutcomeRequest,
  ): Promise<Receipt> {
    const record: OutcomeRecord = {
      v: 1,
      id: outcomeIdOf(decisionId, outcome),
      api_key_id: apiKeyId,
      decision_id: decisionId,
      accepted_at_ms: this.parts.clock.wallMs(),
      outcome,
    };
    const patch = patchOfOutcome(decisionId, outcome);
    const [taken] = await this.keep([{ type: 'outcome', record, patch }]);
    this.parts.metrics.outcome(outcome.outcome);
    return taken!.receipt;
  }

  private async keep(reports: readonly Report[]): Promise<Taken[]> {
    const { journal, store } = this.parts;
    const fresh = this.notYetKept(reports);
    try {
      // Also what came before, whose event may only be known now. One that no window reaches any
      // more is not found, which is no error.
      const patches = reports.flatMap(({ patch }) => (patch === null ? [] : [patch]));
      if (patches.length > 0) await store.patch(patches);
      await Promise.all(
        [...fresh].map(({ type, record }) => journal.append(type, JSON.stringify(record))),
      );
    } catch (cause) {
      throw new AppError('LABEL_NOT_STORED', { retryAfterSeconds: 1, cause });
    }
    return reports.map((report) => {
      const { id, accepted_at_ms: acceptedAtMs } = report.record;
      const firstMs = this.remembered.get(id) ?? acceptedAtMs;
      this.remembered.set(id, firstMs);
      const receipt = { id, accepted_at: new Date(firstMs).toISOString() };
      return { receipt, isRepeat: !fresh.has(report) };
    });
  }

  private notYetKept(reports: readonly Report[]): ReadonlySet<Report> {
    const ids = new Set<string>();
    return new Set(
      reports.filter(({ record: { id } }) => {
        const isNew = !ids.has(id) && this.remembered.get(id) === undefined;
        ids.add(id);
        return isNew;
      }),
    );
  }
}
