import { labelSources } from '#contracts/label-source.js';
import { DecisionRequest } from '#contracts/decision-request.js';
import { makeDecisionId } from '#engine/decision-id.js';
import { decisionRecordJson } from '#engine/decision-record-json.js';
import { patchOfLabel, patchOfOutcome } from '#engine/event-patch.js';
import { labelIdOf } from '#engine/label-id.js';
import { prepareTransaction } from '#engine/prepare.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { EventPatch, FeatureStore } from '#features/feature-store.js';
import { computeFeatures } from '#features/vector.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import type { DecisionLog } from '#store/postgres/decision-log.js';
import type { LogRecord } from '#store/postgres/log-batch.js';
import { decisionRecord, idAt } from './log-records.js';
import { below, oneOf, type Random } from './seeded-random.js';
import { testPseudonymizer } from './small-policy.js';

const CARDS = 40;
const DECLINED_SHARE = 0.15;
const BATCH = 500;

interface Paid {
  readonly transactionId: string;
  readonly decisionId: string;
}

/**
 * Payments as decision-api counts and journals them, without deciding: each goes into the store,
 * into a twin in memory that loses nothing, and into the log.
 */
export class LoggedTraffic {
  readonly payments: Paid[] = [];
  private readonly twin: MemoryFeatureStore;
  private readonly records: LogRecord[] = [];
  private readonly requests = new Map<string, DecisionRequest>();
  private nowMs = 0;
  private sequence = 0;

  constructor(
    private readonly plan: FeaturePlan,
    private readonly store: FeatureStore,
    private readonly log: DecisionLog,
    private readonly random: Random,
  ) {
    this.twin = new MemoryFeatureStore({ now: () => this.nowMs });
  }

  /** A payment at a time, one in seven is declined; the same again for an id that was there. */
  async pay(atMs: number, transactionId = `t-${this.payments.length}`): Promise<void> {
    const { plan, random } = this;
    this.nowMs = atMs;
    const eventTimeMs = atMs - below(2_000, random);
    const sent = this.requests.get(transactionId) ?? requestOf(transactionId, random);
    this.requests.set(transactionId, sent);
    const prepared = prepareTransaction(plan, testPseudonymizer, sent, eventTimeMs);
    const { eventId, entities, record } = prepared;
    const request = {
      claim: null,
      nowMs: atMs,
      eventId,
      eventTimeMs,
      entities,
      append: true,
      timeoutMs: 2_000,
    };
    const { states } = await this.store.readAndAppend(request);
    await this.twin.readAndAppend(request);
    computeFeatures(plan, record, states, eventTimeMs);
    const decision = random() < DECLINED_SHARE ? 'decline' : 'approve';
    const decisionId = makeDecisionId(atMs, eventId, below(1_024, random));
    this.payments.push({ transactionId, decisionId });
    const { reply } = JSON.parse(decisionRecord(1).text) as { reply: object };
    this.keep(
      'decision',
      decisionRecordJson({
        api_key_id: 'key-1',
        claim_key: 'claim',
        body_hash: 'hash',
        event_time_ms: eventTimeMs,
        received_at_ms: atMs,
        versions: { feature_set: plan.version, ruleset: 'r', model: null },
        record,
        probability: 0.5,
        degradation: { level: 'none', causes: [] },
        shadow_rules: [],
        replyJson: JSON.stringify({
          ...reply,
          decision_id: decisionId,
          transaction_id: transactionId,
          decision,
          created_at: new Date(atMs).toISOString(),
        }),
      }),
    );
    if (decision === 'decline') await this.patch({ eventId, declined: true });
  }

  /** A label or an outcome of some payment, learnt at a time. */
  async report(atMs: number, { transactionId, decisionId } = oneOf(this.payments, this.random)) {
    const { random } = this;
    this.nowMs = Math.max(this.nowMs, atMs);
    const head = { v: 1, api_key_id: 'key-1', accepted_at_ms: atMs };
    if (random() < 0.5) {
      const word = oneOf(['fraud', 'fraud', 'legit', 'abuse', 'unknown'] as const, random);
      const source = oneOf(labelSources, random);
      const label = { transaction_id: transactionId, label: word, source };
      await this.patch(patchOfLabel(testPseudonymizer, label, atMs));
      this.keep('label', JSON.stringify({ ...head, id: labelIdOf(label), label }));
      return;
    }
    const outcome = oneOf(['authorized', 'declined_by_issuer', 'voided'] as const, random);
    const patch = patchOfOutcome(decisionId, { outcome });
    if (patch !== null) await this.patch(patch);
    this.keep(
      'outcome',
      JSON.stringify({
        ...head,
        id: idAt(atMs, this.sequence),
        decision_id: decisionId,
        outcome: { outcome },
      }),
    );
  }

  /** Everything so far is in the log. */
  async ship(): Promise<void> {
    while (this.records.length > 0) await this.log.store(this.records.splice(0, BATCH));
  }

  /** The features that each card would have at a time, with what it is usually seen with. */
  async features(store: FeatureStore, atMs: number): Promise<readonly (readonly number[])[]> {
    const vectors: number[][] = [];
    for (let card = 0; card < CARDS; card += 1) {
      const request = DecisionRequest.parse(paymentOf(`probe-${card}`, card, card));
      const prepared = prepareTransaction(this.plan, testPseudonymizer, request, atMs);
      const { states } = await store.readAndAppend({
        ...prepared,
        claim: null,
        nowMs: atMs,
        append: false,
        timeoutMs: 2_000,
      });
      computeFeatures(this.plan, prepared.record, states, atMs);
      vectors.push([...prepared.record.numbers.subarray(this.plan.firstFeatureSlot, -1)]);
    }
    return vectors;
  }

  /** The features of a store that lost nothing. */
  twinFeatures(atMs: number): Promise<readonly (readonly number[])[]> {
    this.nowMs = atMs;
    return this.features(this.twin, atMs);
  }

  private async patch(patch: EventPatch): Promise<void> {
    await this.store.patch([patch]);
    this.twin.patchNow([patch]);
  }

  private keep(type: LogRecord['type'], text: string): void {
    this.sequence += 1;
    const { sequence, nowMs: timeMs } = this;
    this.records.push({ source: 'test', sequence, timeMs, type, text });
  }
}

/** One card in three payments, so that its ring overflows. */
function requestOf(transactionId: string, random: Random): DecisionRequest {
  const card = random() < 0.33 ? 0 : below(CARDS, random);
  const place = random() < 0.8 ? card : below(CARDS, random);
  const amount = 100 + below(20_000, random);
  return DecisionRequest.parse(paymentOf(transactionId, card, place, amount));
}

function paymentOf(transactionId: string, card: number, place: number, amount = 4_200) {
  return {
    transaction_id: transactionId,
    amount: { value: amount, currency: place % 7 === 0 ? 'USD' : 'EUR' },
    payment_method: { token: `card-${card}`, bin: `4242${10 + (card % 5)}` },
    customer: { id: `customer-${card % 25}`, email: `c${card % 25}@example.com` },
    merchant: { id: `m-${place % 6}`, terminal_id: `m-${place % 6}-${place % 2}`, country: 'DE' },
    device: { id: `device-${card % 30}`, ip: `192.0.2.${place % 20}`, ip_country: 'DE' },
  };
}
