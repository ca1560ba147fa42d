import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { DecisionReply } from '#contracts/decision-reply.js';
import type { DecisionRequest } from '#contracts/decision-request.js';
import { ModelHost } from '#engine/inference/model-host.js';
import type { ClaimResult, FeatureStore, StateReply } from '#features/feature-store.js';
import { JournalError } from '#journal/journal-error.js';
import type { Journal } from '#journal/journal.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import { StoreError } from '#store/store-error.js';
import { parsedRequest } from '#testing/small-policy.js';
import { contextOf, openedParts, type OpenedParts } from '../../test/opened-parts.js';
import { Completions } from './completions.js';
import { DecideService } from './decide.service.js';
import type { Deciders } from '../traffic/route.js';
import type { TrafficInForce } from '../traffic/traffic-in-force.js';
import type { DecisionParts } from './decision-parts.js';
import { LocalClaims } from './local-claims.js';

let opened: OpenedParts;
let store: MemoryFeatureStore;

beforeAll(async () => {
  opened = await openedParts();
});
afterAll(() => opened.close());
beforeEach(() => {
  store = new MemoryFeatureStore({ now: () => Date.now() });
});

/** The traffic plan of own folders, but for who decides by it. */
function trafficOf(champion: () => Partial<Deciders>): TrafficInForce {
  const { current } = opened.parts.traffic;
  const changed = { ...current, champion: () => ({ ...current.champion(), ...champion() }) };
  return Object.create(opened.parts.traffic, { current: { value: changed } }) as TrafficInForce;
}

/** The service as it runs, but for the parts that a test replaces. */
function serve(changed: Partial<DecisionParts> = {}): DecideService {
  const { parts: own } = opened;
  const parts = { ...own, store, claims: new LocalClaims(), ...changed };
  return new DecideService(parts, new Completions(parts.store, parts.checkpoint));
}

/** Part of a real object replaced, the rest as it is. */
const but = <T extends object>(real: T, change: Partial<T>): T =>
  Object.assign(Object.create(real) as T, change);

async function decided(
  service: DecideService,
  request: DecisionRequest,
  key = request.transaction_id,
): Promise<DecisionReply> {
  return DecisionReply.parse(JSON.parse((await service.decide(request, contextOf(key))).json));
}

const features = { options: { include: ['features'] } };
const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );

test('a decision is answered as it was recorded, and found again by its key', async () => {
  const service = serve();
  const first = await service.decide(parsedRequest(), contextOf('key'));
  const again = await service.decide(parsedRequest(), contextOf('key'));
  expect([first.replayed, again.replayed]).toEqual([false, true]);
  expect(again.json).toBe(first.json);
});

test('a process that knows nothing of the key gets the reply from the store', async () => {
  const first = await serve().decide(parsedRequest(), contextOf('key'));
  // It is handed over behind the answer.
  await vi.waitFor(async () => {
    const elsewhere = await serve().decide(parsedRequest(), contextOf('key'));
    expect(elsewhere).toMatchObject({ json: first.json, replayed: true });
  });
});

test('one that was declined counts as declined in the next', async () => {
  const service = serve();
  const failed = { authentication: { three_ds: 'failed' } };
  const reply = await decided(service, parsedRequest({ transaction_id: 'a', ...failed }));
  expect(reply.decision).toBe('decline');
  const next = await decided(service, parsedRequest({ transaction_id: 'b', ...features }));
  expect(next.features).toMatchObject({ card_decline_count_1h: 1, card_tx_count_1h: 2 });
});

test('a ruleset that comes into force meanwhile does not touch a decision under way', async () => {
  const { current } = opened.parts.policy;
  const policy = { current };
  const swapping = but<FeatureStore>(store, {
    readAndAppend: (request) => {
      policy.current = { ...current, version: 'the next' };
      return store.readAndAppend(request);
    },
  });
  const service = serve({
    store: swapping,
    traffic: trafficOf(() => ({ policy: policy.current })),
  });
  const under = await decided(service, parsedRequest({ transaction_id: 'a' }));
  const after = await decided(service, parsedRequest({ transaction_id: 'b' }));
  expect([under.policy.version, after.policy.version]).toEqual([current.version, 'the next']);
});

describe('a key that the store holds already', () => {
  const held = (claim: ClaimResult): FeatureStore =>
    but<FeatureStore>(store, {
      readAndAppend: (): Promise<StateReply> => Promise.resolve({ claim, states: [] }),
    });

  test.each([
    [{ kind: 'in_flight' }, 'IDEMPOTENCY_KEY_IN_FLIGHT'],
    [{ kind: 'conflict' }, 'IDEMPOTENCY_KEY_REUSED'],
  ] as const)('%j is told as %s, and does not block the next try', async (claim, code) => {
    const claims = new LocalClaims();
    const context = contextOf('key');
    expect(
      await codeOf(serve({ store: held(claim), claims }).decide(parsedRequest(), context)),
    ).toBe(code);
    expect(await codeOf(serve({ claims }).decide(parsedRequest(), context))).toBe('answered');
  });
});

describe('while the journal is away', () => {
  const full = but({} as Journal, {
    append: () => Promise.reject(new JournalError('JOURNAL_DISK_FULL', 'full')),
  });

  test('nothing is answered, and the retry is a first try that counts once', async () => {
    const claims = new LocalClaims();
    const request = parsedRequest(features);
    const refused = serve({ journal: full, claims }).decide(request, contextOf('key'));
    await expect(refused).rejects.toMatchObject({
      code: 'DECISION_NOT_RECORDED',
      retryAfterSeconds: 1,
    });
    const reply = await decided(serve({ claims }), request, 'key');
    expect(reply.features).toMatchObject({ card_tx_count_1h: 1 });
  });

  test('a dry run is answered: it is not recorded anyway', async () => {
    const request = parsedRequest({ options: { dry_run: true } });
    expect((await decided(serve({ journal: full }), request)).dry_run).toBe(true);
  });
});

describe('while the feature store is away', () => {
  const away = but<FeatureStore>(new MemoryFeatureStore({ now: () => 0 }), {
    readAndAppend: () => Promise.reject(new StoreError('unavailable', 'away')),
    readCached: () => null,
    complete: () => Promise.reject(new StoreError('unavailable', 'away')),
    patch: () => Promise.reject(new StoreError('unavailable', 'away')),
  });

  test('a decision says what it was made without, and a retry still gets the same bytes', async () => {
    const service = serve({ store: away });
    const first = await service.decide(parsedRequest(features), contextOf('key'));
    const reply = DecisionReply.parse(JSON.parse(first.json));
    expect(reply.degraded).toEqual({
      value: true,
      level: 'request_only',
      causes: ['STATE_UNAVAILABLE'],
    });
    expect(reply.features).toMatchObject({ card_tx_count_1h: null, amount_eur: 20 });
    expect(reply.model).not.toBeNull();
    expect(await service.decide(parsedRequest(features), contextOf('key'))).toMatchObject({
      json: first.json,
      replayed: true,
    });
  });

  test('a decline is answered although it cannot be marked', async () => {
    const request = parsedRequest({ authentication: { three_ds: 'failed' } });
    expect((await decided(serve({ store: away }), request)).decision).toBe('decline');
  });
});

test('without a model rules and the amount decide', async () => {
  const service = serve({ traffic: trafficOf(() => ({ models: ModelHost.start() })) });
  const reply = await decided(service, parsedRequest());
  expect(reply).toMatchObject({
    decision: 'approve',
    fraud_probability: null,
    model: null,
    degraded: { level: 'rules_only', causes: ['MODEL_UNAVAILABLE'] },
  });
});

test('a service that is to have no model decides without one, and lacks nothing', async () => {
  const reply = await decided(
    serve({ traffic: trafficOf(() => ({ models: null })) }),
    parsedRequest(),
  );
  expect(reply).toMatchObject({
    decision: 'approve',
    fraud_probability: null,
    risk_score: null,
    model: null,
    degraded: { value: false, level: 'none', causes: [] },
  });
});

test('with the time spent the model is not waited for', async () => {
  const answer = await serve().decide(parsedRequest(), contextOf('key', { remainingMs: 0 }));
  const { degraded } = DecisionReply.parse(JSON.parse(answer.json));
  expect(degraded).toMatchObject({ level: 'rules_only', causes: ['DEADLINE_SPENT'] });
});

test('a rule that fails has no effect, and is counted by its id', async () => {
  const { current } = opened.parts.policy;
  const failures = [{ ruleId: 'broken-rule', message: 'a fault' }];
  const ruleset = but(current.ruleset, {
    evaluate: (record, unit) => ({ ...current.ruleset.evaluate(record, unit), failures }),
  });
  const traffic = trafficOf(() => ({ policy: { ...current, ruleset } }));
  expect((await decided(serve({ traffic }), parsedRequest())).degraded.level).toBe('none');
  expect(await opened.parts.metrics.registry.metrics()).toContain(
    'tollgate_rule_failures_total{rule="broken-rule"} 1',
  );
});

test('two requests at once with one key: one decides, the other is told to wait', async () => {
  const service = serve();
  const codes = await Promise.all(
    [1, 2].map(() => codeOf(service.decide(parsedRequest(), contextOf('key')))),
  );
  expect(codes).toEqual(['answered', 'IDEMPOTENCY_KEY_IN_FLIGHT']);
});

test('another body under the key is refused, also while the first is under way', async () => {
  const service = serve();
  const other = contextOf('key', { bodyHash: 'other' });
  const codes = await Promise.all([
    codeOf(service.decide(parsedRequest(), contextOf('key'))),
    codeOf(service.decide(parsedRequest(), other)),
  ]);
  expect(codes).toEqual(['answered', 'IDEMPOTENCY_KEY_REUSED']);
});
