import { DecisionRecord, LabelRecord, OutcomeRecord } from '#contracts/journal-record.js';
import { replyJsonOf, signalsOfRecord } from '#engine/decision-record-json.js';
import { patchOfLabel, patchOfOutcome } from '#engine/event-patch.js';
import type { EventPatch } from '#features/feature-store.js';
import { planState } from '#features/state-request.js';
import { readJournal, type JournalRecord } from '#journal/read-journal.js';
import { StoreError } from '#store/store-error.js';
import type { Completions } from '../decisions/completions.js';
import type { DecisionParts } from '../decisions/decision-parts.js';

const MS_PER_SECOND = 1_000;
/** Decisions on their way to Redis at once. */
const HANDOVERS_MAX = 32;

export interface Recovered {
  readonly decisions: number;
  readonly reports: number;
  /** Records that were damaged or of an unknown form: told, not hidden. */
  readonly unreadable: number;
}

/**
 * Before the first request: hands to the store what the journal knows and the store may not. With
 * Redis these are the events and replies behind the checkpoint; the in-process store lost
 * everything, so it gets all events, labels and outcomes back.
 */
export async function recoverFromJournal(
  parts: DecisionParts,
  completions: Completions,
): Promise<Recovered> {
  const inMemory = parts.store.kind === 'memory';
  const nowMs = parts.clock.wallMs();
  const found = { decisions: 0, reports: 0, unreadable: 0 };
  const records = readJournal(parts.config.journal.folder, {
    fromSequence: inMemory ? 1 : parts.checkpoint.sequence + 1,
    onProblem: (problem) => {
      found.unreadable += 1;
      parts.log.error('The journal is damaged', { detail: problem.message });
    },
  });
  const underWay: Promise<void>[] = [];
  for await (const record of records) {
    if (record.type === 'decision') {
      const stored = readDecision(record);
      if (stored === null) {
        found.unreadable += 1;
        continue;
      }
      underWay.push(recoverDecision(parts, completions, { ...stored, nowMs }));
      // In memory nothing is gained by more than one, and a report has to find its decision.
      if (inMemory || underWay.length === HANDOVERS_MAX) {
        await Promise.all(underWay.splice(0));
        await completions.flush();
      }
      found.decisions += 1;
    } else if (inMemory && record.type !== 'shadow' && record.type !== 'tally') {
      if (await recoverReport(parts, record)) found.reports += 1;
      else found.unreadable += 1;
    }
  }
  await Promise.all(underWay);
  await completions.flush();
  return found;
}

interface StoredDecision {
  readonly content: DecisionRecord;
  readonly sequence: number;
  /** As it was sent. */
  readonly reply: string;
}

function readDecision({ payload, position }: JournalRecord): StoredDecision | null {
  const text = payload.toString('utf8');
  const parsed = DecisionRecord.safeParse(JSON.parse(text));
  if (!parsed.success) return null;
  return { content: parsed.data, sequence: position.sequence, reply: replyJsonOf(text) };
}

async function recoverDecision(
  parts: DecisionParts,
  completions: Completions,
  { content, sequence, reply, nowMs }: StoredDecision & { readonly nowMs: number },
): Promise<void> {
  // First of all, so that the checkpoint never passes what is under way.
  parts.checkpoint.begin(sequence);
  await recoverEvent(parts, content);
  const { idempotencyTtlSeconds } = parts.config;
  const ttlSeconds = idempotencyTtlSeconds - (nowMs - content.received_at_ms) / MS_PER_SECOND;
  if (ttlSeconds < 1) {
    parts.checkpoint.done(sequence);
    return;
  }
  const claim = { key: content.claim_key, bodyHash: content.body_hash, leaseMs: 0 };
  parts.claims.complete(claim.key, claim.bodyHash, reply);
  completions.add({ claim, reply, sequence, ttlSeconds: Math.floor(ttlSeconds) });
}

/**
 * Appending is idempotent by event id: what the store knows already changes nothing. A Redis that
 * is away gets it when it is back.
 */
async function recoverEvent(parts: DecisionParts, stored: DecisionRecord): Promise<void> {
  if (stored.versions.feature_set !== parts.plan.version) return;
  const { store } = parts;
  const eventId = parts.pseudonymizer.eventId(stored.reply.transaction_id);
  const event = { id: eventId, timeMs: stored.event_time_ms };
  await reach(parts, () =>
    store.readAndAppend({
      claim: null,
      nowMs: stored.received_at_ms,
      eventId,
      eventTimeMs: stored.event_time_ms,
      entities: planState(parts.plan, signalsOfRecord(stored), event),
      append: true,
    }),
  );
  if (stored.reply.decision === 'decline') {
    await reach(parts, () => store.patch([{ eventId, declined: true }]));
  }
}

/** A store that is away does not fail the start. */
async function reach(parts: DecisionParts, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    parts.metrics.featureStoreError(error.kind);
  }
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
    return data && patchOfLabel(pseudonymizer, data.label, data.accepted_at_ms);
  }
  const { data } = OutcomeRecord.safeParse(content);
  return data && patchOfOutcome(data.decision_id, data.outcome);
}
