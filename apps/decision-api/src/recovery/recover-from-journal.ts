import { DecisionRecord, LabelRecord, OutcomeRecord } from '#contracts/journal-record.js';
import { replyJsonOf, signalsOfRecord } from '#engine/decision-record-json.js';
import { patchOfLabel, patchOfOutcome } from '#engine/event-patch.js';
import type { EventPatch } from '#features/feature-store.js';
import { planState } from '#features/state-request.js';
import { readJournal, type JournalRecord } from '#journal/read-journal.js';
import type { DecisionParts } from '../decisions/decision-parts.js';

const MS_PER_SECOND = 1_000;

export interface Recovered {
  readonly decisions: number;
  readonly reports: number;
  /** Records that were damaged or of an unknown form: told, not hidden. */
  readonly unreadable: number;
}

/**
 * Before the first request: hands to the store what the journal knows and the store may not. With
 * Redis these are the replies behind the checkpoint; the in-process store lost everything, so it
 * gets all events, labels and outcomes back.
 */
export async function recoverFromJournal(
  parts: DecisionParts,
  journalFolder: string,
): Promise<Recovered> {
  const inMemory = parts.store.kind === 'memory';
  const nowMs = parts.clock.wallMs();
  const found = { decisions: 0, reports: 0, unreadable: 0 };
  const records = readJournal(journalFolder, {
    fromSequence: inMemory ? 1 : parts.checkpoint.sequence + 1,
    onProblem: (problem) => {
      found.unreadable += 1;
      parts.log.error('The journal is damaged', { detail: problem.message });
    },
  });
  for await (const record of records) {
    if (record.type === 'decision') {
      if (await recoverDecision(parts, record, nowMs)) found.decisions += 1;
      else found.unreadable += 1;
    } else if (inMemory) {
      if (await recoverReport(parts, record)) found.reports += 1;
      else found.unreadable += 1;
    }
  }
  return found;
}

async function recoverDecision(
  parts: DecisionParts,
  { payload, position }: JournalRecord,
  nowMs: number,
): Promise<boolean> {
  const text = payload.toString('utf8');
  const parsed = DecisionRecord.safeParse(JSON.parse(text));
  if (!parsed.success) return false;
  const stored = parsed.data;
  await recoverEvent(parts, stored);
  const ttlSeconds =
    parts.config.idempotencyTtlSeconds - (nowMs - stored.received_at_ms) / MS_PER_SECOND;
  if (ttlSeconds < 1) return true;
  const reply = replyJsonOf(text);
  const claim = { key: stored.claim_key, bodyHash: stored.body_hash, leaseMs: 0 };
  parts.claims.complete(claim.key, claim.bodyHash, reply);
  parts.checkpoint.begin(position.sequence);
  await parts.store.complete([{ claim, reply, ttlSeconds: Math.floor(ttlSeconds) }]).then(
    () => parts.checkpoint.done(position.sequence),
    () => {
      parts.metrics.featureStoreError('unavailable');
      parts.checkpoint.giveUp(position.sequence);
    },
  );
  return true;
}

/** Appending is idempotent by event id: what the store knows already changes nothing. */
async function recoverEvent(parts: DecisionParts, stored: DecisionRecord): Promise<void> {
  if (parts.store.kind !== 'memory' || stored.versions.feature_set !== parts.plan.version) return;
  const eventId = parts.pseudonymizer.eventId(stored.reply.transaction_id);
  const event = { id: eventId, timeMs: stored.event_time_ms };
  await parts.store.readAndAppend({
    claim: null,
    nowMs: stored.received_at_ms,
    eventId,
    eventTimeMs: stored.event_time_ms,
    entities: planState(parts.plan, signalsOfRecord(stored), event),
    append: true,
  });
  if (stored.reply.decision === 'decline') await parts.store.patch([{ eventId, declined: true }]);
}

async function recoverReport(parts: DecisionParts, record: JournalRecord): Promise<boolean> {
  const patch = reportedPatch(parts, record);
  if (patch === undefined) return false;
  if (patch !== null) await parts.store.patch([patch]);
  return true;
}

/** What a label or an outcome changes; null for nothing, undefined where its form is unknown. */
function reportedPatch(
  { pseudonymizer }: DecisionParts,
  { type, payload }: JournalRecord,
): EventPatch | null | undefined {
  const content: unknown = JSON.parse(payload.toString('utf8'));
  if (type === 'label') {
    const { data } = LabelRecord.safeParse(content);
    return data && patchOfLabel(pseudonymizer, data.label);
  }
  const { data } = OutcomeRecord.safeParse(content);
  return data && patchOfOutcome(data.decision_id, data.outcome);
}
