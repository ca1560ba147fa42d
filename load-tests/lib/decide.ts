import { check } from 'k6';
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import http from 'k6/http';
import { Rate, Trend } from 'k6/metrics';
import { payloadMaker, payloadWorld } from '../../tools/load/payload.ts';

const url = __ENV.URL || 'http://127.0.0.1:8080';
if (!/^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(url)) {
  throw new Error(`${url} is not this machine: load is only put on loopback addresses`);
}

// Made once and shared: each virtual user has a JavaScript engine of its own.
const WORLD_SEED = 1;
const world = {
  customers: new SharedArray('customers', () => [...payloadWorld(WORLD_SEED).customers]),
  merchants: new SharedArray('merchants', () => [...payloadWorld(WORLD_SEED).merchants]),
};

const serverMs = new Trend('server_ms', true);
const degraded = new Rate('degraded');

interface Answer {
  readonly decision?: string;
  readonly degraded?: { readonly value: boolean };
  readonly timings?: { readonly total_ms: number };
}

/** One iteration of every scenario: a decision on a payment nobody has asked about before. */
export function decider(hotCardShare: number): () => void {
  const runId = __ENV.RUN_ID || `k${Date.now().toString(36)}`;
  let nextBody: (() => string) | undefined;
  const params = {
    headers: {
      'Content-Type': 'application/json',
      ...(__ENV.API_KEY ? { Authorization: `Bearer ${__ENV.API_KEY}` } : {}),
    },
  };
  return () => {
    // The number of the virtual user is known only now; each makes payments of its own, in one
    // world.
    nextBody ??= payloadMaker({
      world,
      seed: exec.vu.idInTest,
      runId: `${runId}-${exec.vu.idInTest}`,
      hotCardShare,
    });
    const reply = http.post(`${url}/v1/decisions`, nextBody(), params);
    const answer = reply.status === 200 ? (reply.json() as unknown as Answer) : {};
    check(reply, { 'a decision came back': () => answer.decision !== undefined });
    degraded.add(answer.degraded?.value === true);
    if (answer.timings !== undefined) serverMs.add(answer.timings.total_ms);
  };
}
