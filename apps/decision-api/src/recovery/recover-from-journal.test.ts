import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DecisionReply } from '#contracts/decision-reply.js';
import { LabelRequest } from '#contracts/outcome-request.js';
import type { AnsweredClaim, FeatureStore } from '#features/feature-store.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { StoreError } from '#store/store-error.js';
import { parsedRequest } from '#testing/small-policy.js';
import { contextOf, openedParts, type OpenedParts } from '../../test/opened-parts.js';
import { Completions } from '../decisions/completions.js';
import { DecideService } from '../decisions/decide.service.js';
import type { DecisionParts } from '../decisions/decision-parts.js';
import { LocalClaims } from '../decisions/local-claims.js';
import { FeedbackService } from '../feedback/feedback.service.js';
import { ClaimCheckpoint } from './claim-checkpoint.js';
import { recoverFromJournal } from './recover-from-journal.js';

let opened: OpenedParts;
let before: DecisionParts;
beforeEach(async () => {
  opened = await openedParts();
  before = opened.parts;
});
afterEach(() => opened.close());

const service = (parts: DecisionParts) =>
  new DecideService(parts, new Completions(parts.store, parts.checkpoint));

const request = (id: string, change: Record<string, unknown> = {}) =>
  parsedRequest({ transaction_id: id, customer: { id: 'c' }, ...change });

const decide = (parts: DecisionParts, id: string, change: Record<string, unknown> = {}) =>
  service(parts).decide(request(id, change), contextOf(id));

/** What a new process has: the journal, and nothing in memory. */
async function afterCrash(store: FeatureStore): Promise<DecisionParts> {
  await before.journal.flush();
  const folder = before.config.dataDir;
  const checkpoint = await ClaimCheckpoint.open(folder, (error) => expect.fail(String(error)));
  await checkpoint.close(); // Its timer would outlive the test.
  return { ...before, store, claims: new LocalClaims(), checkpoint };
}

const emptyStore = () => new MemoryFeatureStore({ now: () => Date.now() });
async function recover(parts: DecisionParts) {
  const completions = new Completions(parts.store, parts.checkpoint);
  const recovered = await recoverFromJournal(parts, completions);
  await completions.close();
  return recovered;
}

async function featuresIn(parts: DecisionParts): Promise<Record<string, unknown>> {
  const options = { dry_run: true, include: ['features'] };
  const { json } = await decide(parts, 'probe', { options });
  return DecisionReply.parse(JSON.parse(json)).features ?? {};
}

test('state in memory comes back: events, declines, labels, and answers byte for byte', async () => {
  await decide(before, 'a');
  const declined = await decide(before, 'b', { authentication: { three_ds: 'failed' } });
  const source = 'chargeback';
  const label = LabelRequest.parse({ transaction_id: 'a', label: 'fraud', source });
  await new FeedbackService(before).recordLabel('0123456789ab', label);
  const { decision_id: id } = DecisionReply.parse(JSON.parse(declined.json));
  await new FeedbackService(before).recordOutcome('0123456789ab', id, { outcome: 'voided' });
  const known = await featuresIn(before);
  expect(known).toMatchObject({
    card_tx_count_1h: 3,
    card_decline_count_1h: 1,
    customer_fraud_count_30d: 1,
  });

  const after = await afterCrash(emptyStore());
  expect(await recover(after)).toEqual({ decisions: 2, reports: 2, unreadable: 0 });
  const { card_seconds_since_last: _then, ...features } = await featuresIn(after);
  const { card_seconds_since_last: _now, ...expected } = known;
  expect(Object.keys(features)).toEqual(Object.keys(expected));
  expect(features).toMatchObject({
    card_tx_count_1h: 3,
    card_decline_count_1h: 1,
    customer_fraud_count_30d: 1,
  });
  const replayed = await decide(after, 'b', { authentication: { three_ds: 'failed' } });
  expect(replayed).toMatchObject({ json: declined.json, replayed: true });
});

test('recovering twice counts nothing twice', async () => {
  await decide(before, 'a');
  const after = await afterCrash(emptyStore());
  await recover(after);
  await recover(after);
  expect(await featuresIn(after)).toMatchObject({ card_tx_count_1h: 2 });
});

test('a shared store is handed the answers behind the checkpoint only', async () => {
  await decide(before, 'a');
  await vi.waitFor(() => expect(before.checkpoint.sequence).toBe(1));
  await before.checkpoint.close();
  await decide(before, 'b');
  const handed: string[] = [];
  const shared = Object.assign(emptyStore(), {
    kind: 'redis',
    complete: (answered: readonly AnsweredClaim[]) => {
      handed.push(...answered.map(({ claim }) => claim.key));
      return Promise.resolve();
    },
  }) as unknown as FeatureStore;
  const after = await afterCrash(shared);
  expect((await recover(after)).decisions).toBe(1);
  expect(handed).toEqual(['b']);
  expect(after.checkpoint.sequence).toBe(2);
});

test('a shared store that is away does not hold up the start; the checkpoint stays', async () => {
  await decide(before, 'a');
  const away = Object.assign(emptyStore(), {
    kind: 'redis',
    complete: () => Promise.reject(new StoreError('unavailable', 'away')),
  }) as unknown as FeatureStore;
  const after = await afterCrash(away);
  expect((await recover(after)).decisions).toBe(1);
  expect(after.checkpoint.sequence).toBe(0);
  expect((await decide(after, 'a')).replayed).toBe(true);
});

test('records of a form that is not known are counted, and do not end the start', async () => {
  await decide(before, 'a');
  for (const type of ['decision', 'label', 'outcome'] as const) {
    await before.journal.append(type, JSON.stringify({ v: 2, id: 'of a later version' }));
  }
  const after = await afterCrash(emptyStore());
  expect(await recover(after)).toEqual({ decisions: 1, reports: 0, unreadable: 3 });
});

test('an answer too old to be asked for again is not kept, its event is', async () => {
  await decide(before, 'a');
  const clock = { ...before.clock, wallMs: () => Date.now() + 86_400_000 };
  const after = { ...(await afterCrash(emptyStore())), clock };
  await recover(after);
  const { claimKey, bodyHash } = contextOf('a');
  expect(after.claims.begin(claimKey, bodyHash).kind).toBe('new');
  expect(await featuresIn({ ...after, clock: before.clock })).toMatchObject({
    card_tx_count_1h: 2,
  });
});

test('without a journal there is nothing to recover', async () => {
  await rm(before.config.journal.folder, { recursive: true });
  expect(await recover(before)).toEqual({ decisions: 0, reports: 0, unreadable: 0 });
});
