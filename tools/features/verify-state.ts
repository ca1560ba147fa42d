import { setTimeout as sleep } from 'node:timers/promises';
import type { FeaturePlan } from '#features/feature-plan.js';
import type { StateRequest } from '#features/feature-store.js';
import type { EntityEvent } from '#features/state-request.js';
import { computeFeatures, type EntityState } from '#features/vector.js';
import { MemoryFeatureStore } from '#store/memory-feature-store.js';
import type { DecisionHistory, HistorySpan } from '#store/postgres/decision-history.js';
import type { RedisFeatureStore } from '#store/redis-feature-store.js';
import type { LoggedEvent } from '#store/rebuild/logged-event.js';
import { readEvent } from './read-event.js';
import type { RecordedSchemas } from './recorded-schemas.js';

const PAGE_DECISIONS = 512;
const ROUNDS_MAX = 5;
/** Random decisions share entities. */
const DRAWS_PER_ENTITY = 2;
/** Sums of floating point numbers depend on their order in the last digits. */
const RELATIVE_ERROR_MAX = 1e-6;
const READ_TIMEOUT_MS = 1_000;

export interface VerifyParts {
  readonly plan: FeaturePlan;
  readonly schemas: RecordedSchemas;
  readonly history: DecisionHistory;
  readonly store: RedisFeatureStore;
  readonly now: () => number;
  /** The log is a moment behind the service: what differs is looked at again after this time. */
  readonly pauseMs: number;
}

export interface Verification {
  readonly entities: number;
  readonly features: number;
  /** One sentence each. */
  readonly differences: readonly string[];
}

/** An entity that is compared, by an event of its own. */
interface Sample {
  readonly event: EntityEvent;
  /**
   * How far event time is from the clock: nothing for live traffic, years for a history that was
   * replayed.
   */
  offsetMs: number;
}

/**
 * Compares the features of some random entities as Redis has them with those computed from the log
 * alone.
 *
 * @param fromMs From where on Redis is meant to be whole.
 */
export async function verifyState(
  parts: VerifyParts,
  { fromMs, entities }: { readonly fromMs: number; readonly entities: number },
): Promise<Verification> {
  const samples = await drawSamples(parts, { fromMs, toMs: parts.now() }, entities);
  const log = new LogState(parts, samples);
  let after: string | null = null;
  let left = [...samples.values()];
  let differences: string[] = [];
  for (let round = 1; left.length > 0 && round <= ROUNDS_MAX; round += 1) {
    if (round > 1) await sleep(parts.pauseMs);
    after = await log.readOn(fromMs, after);
    const found = await Promise.all(left.map((sample) => differencesOf(parts, log, sample)));
    left = left.filter((_, nth) => found[nth]!.length > 0);
    differences = found.flat();
  }
  const features = [...samples.values()].flatMap(({ event }) => event.entity.outputs).length;
  return { entities: samples.size, features, differences };
}

/** One entity of each of some random decisions, as far as they are different ones. */
async function drawSamples(
  { plan, schemas, history }: VerifyParts,
  span: HistorySpan,
  count: number,
): Promise<ReadonlyMap<string, Sample>> {
  const samples = new Map<string, Sample>();
  for (const decision of await history.sample(span, DRAWS_PER_ENTITY * count)) {
    const read = await readEvent(plan, schemas, decision);
    if (!read.ok || samples.size === count) continue;
    const { entities } = read.event.request;
    const event = entities[Math.floor(Math.random() * entities.length)];
    if (event !== undefined) samples.set(nameOf(event), { event, offsetMs: offsetOf(read.event) });
  }
  return samples;
}

/** The state of the sampled entities as the log alone makes it. */
class LogState {
  private readonly memory: MemoryFeatureStore;
  private readonly counted = new Set<string>();
  /** Goes with the log: state lives from when it was written. */
  private clockMs = 0;

  constructor(
    private readonly parts: VerifyParts,
    private readonly samples: ReadonlyMap<string, Sample>,
  ) {
    this.memory = new MemoryFeatureStore({ now: () => this.clockMs });
  }

  /** Counts what the log has behind a decision; returns the last decision that it has. */
  async readOn(fromMs: number, begin: string | null): Promise<string | null> {
    const { plan, schemas, history, now } = this.parts;
    const span = { fromMs, toMs: now() };
    let after = begin;
    for (;;) {
      const page = await history.page(span, after, PAGE_DECISIONS);
      for (const decision of page) {
        const read = await readEvent(plan, schemas, decision);
        if (read.ok) this.count(read.event);
      }
      after = page.at(-1)?.decisionId ?? after;
      if (page.length < PAGE_DECISIONS) return after;
    }
  }

  read(sample: Sample, atMs: number): EntityState | null {
    const request = { ...probe(sample, atMs), nowMs: this.parts.now() };
    const [state] = this.memory.readAndAppendNow(request);
    return state ?? null;
  }

  private count(logged: LoggedEvent): void {
    const { request } = logged;
    this.clockMs = request.nowMs;
    const entities = request.entities.filter((event) => this.samples.has(nameOf(event)));
    const id = `${request.eventId.high} ${request.eventId.low}`;
    if (entities.length === 0) return;
    if (!this.counted.has(id)) this.memory.readAndAppendNow({ ...request, entities });
    this.counted.add(id);
    this.memory.patchNow(logged.patches);
    for (const event of entities) {
      this.samples.get(nameOf(event))!.offsetMs = offsetOf(logged);
    }
  }
}

async function differencesOf(
  { plan, store, now }: VerifyParts,
  log: LogState,
  sample: Sample,
): Promise<readonly string[]> {
  const atMs = now() + sample.offsetMs;
  const { states } = await store.readAndAppend(probe(sample, atMs));
  const inRedis = featuresOf(plan, states[0] ?? null, atMs);
  const inLog = featuresOf(plan, log.read(sample, atMs), atMs);
  return sample.event.entity.outputs
    .filter(({ slot }) => differ(inRedis[slot]!, inLog[slot]!))
    .map(({ slot }) => {
      const name = plan.schema.definitions[slot]!.name;
      return `${nameOf(sample.event)}: ${name} is ${inRedis[slot]} in Redis, ${inLog[slot]} by the log`;
    });
}

function featuresOf(plan: FeaturePlan, state: EntityState | null, atMs: number): Float64Array {
  const record = plan.emptyRecord();
  computeFeatures(plan, record, [state], atMs);
  return record.numbers;
}

/** Reads, and changes nothing. */
function probe({ event }: Sample, atMs: number): StateRequest {
  return {
    claim: null,
    nowMs: atMs,
    eventId: { high: 0, low: 0 },
    eventTimeMs: atMs,
    entities: [event],
    append: false,
    timeoutMs: READ_TIMEOUT_MS,
  };
}

function offsetOf({ request }: LoggedEvent): number {
  return request.eventTimeMs - request.nowMs;
}

function differ(left: number, right: number): boolean {
  if (Object.is(left, right)) return false;
  return !(Math.abs(left - right) <= RELATIVE_ERROR_MAX * Math.max(1, Math.abs(right)));
}

function nameOf({ entity, key }: EntityEvent): string {
  return `${entity.name} ${key}`;
}
