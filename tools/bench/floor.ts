import { createHash } from 'node:crypto';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import { eventIdFromHash } from '#features/event-id.js';
import { extractSignals } from '#features/extract.js';
import { planState } from '#features/state-request.js';
import { RedisFeatureStore } from '#store/redis-feature-store.js';
import { startFloorServer } from './floor-server.js';

// The floor in a process of its own; see floor-server.ts for what it does.
const CATALOGUE_FILE = 'rules/features.yaml';
const MODEL_FOLDER = 'models/fraud';
const CLAIM_LEASE_MS = 1_000;

const [port, socket] = process.argv.slice(2);
if (port === undefined || socket === undefined) {
  throw new Error('usage: floor.js <port> <Redis socket>');
}

const read = await readFeaturePlan(CATALOGUE_FILE);
if (!read.ok) throw new Error(read.problems.join('\n'));
const plan = read.value;
const store = await RedisFeatureStore.connect({ url: socket, plan });
// Keys as they come: hashing personal values is the product's work, not the floor's.
const pseudonym = (_kind: string, value: string): string => value;

await startFloorServer(Number(port), MODEL_FOLDER, (request) => {
  const nowMs = Date.now();
  const eventId = eventIdFromHash(createHash('sha256').update(request.transaction_id).digest());
  const { record } = extractSignals(plan, request, { eventTimeMs: nowMs, pseudonym });
  const key = request.transaction_id;
  return store.readAndAppend({
    claim: { key, bodyHash: key, leaseMs: CLAIM_LEASE_MS },
    nowMs,
    eventId,
    eventTimeMs: nowMs,
    entities: planState(plan, record, { id: eventId, timeMs: nowMs }),
    append: true,
  });
});
