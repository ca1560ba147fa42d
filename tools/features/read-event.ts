import { EventRecord } from '#contracts/journal-record.js';
import { eventIdOf } from '#engine/decision-id.js';
import { labelPatch, patchOfOutcome } from '#engine/event-patch.js';
import { patchOfDecision, stateRequestOf } from '#engine/stored-event.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { EventPatch } from '#features/feature-store.js';
import type { HistoricDecision, HistoricNews } from '#store/postgres/decision-history.js';
import type { LoggedEvent } from '#store/rebuild/logged-event.js';
import type { RecordedSchemas } from './recorded-schemas.js';

export type ReadEvent =
  | { readonly ok: true; readonly event: LoggedEvent }
  /** Why there is nothing to rebuild of it, and what would change that. */
  | { readonly ok: false; readonly reason: string };

/** The event of a decision, with all that is known of it by now. */
export async function readEvent(
  plan: FeaturePlan,
  schemas: RecordedSchemas,
  decision: HistoricDecision,
): Promise<ReadEvent> {
  const parsed = EventRecord.safeParse(decision.record);
  if (!parsed.success) return { ok: false, reason: 'the record is of a form not known here' };
  const stored = parsed.data;
  const schema = await schemas.of(stored.versions.feature_set);
  if (schema === null) {
    const version = stored.versions.feature_set.slice(0, 12);
    const reason = `decided under catalogue ${version}, which is not in DATA_DIR/artifacts/features`;
    return { ok: false, reason };
  }
  const own = patchOfDecision(stored);
  const request = stateRequestOf(plan, stored, schema);
  const patches = [...(own === null ? [] : [own]), ...patchesOf(decision)];
  return { ok: true, event: { request, patches } };
}

/** What became known of a decision's event later, as the service was told. */
export function patchesOf({ decisionId, outcomes, labels }: HistoricNews): readonly EventPatch[] {
  const eventId = eventIdOf(decisionId);
  const ofOutcomes = outcomes.map((outcome) => patchOfOutcome(decisionId, { outcome }));
  return [
    ...ofOutcomes.filter((patch) => patch !== null),
    ...labels.map((word) => labelPatch(eventId, word)),
  ];
}
