import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DecisionReply } from '#contracts/decision-reply.js';
import { errorCatalogue } from '#contracts/error-catalogue.js';
import { DecisionRecord } from '#contracts/journal-record.js';
import { Problem } from '#contracts/problem.js';
import { Recomputer } from '#engine/recompute.js';
import { readJournal, type JournalRecord } from '#journal/read-journal.js';
import { revokeApiKey } from '#platform/api-key-admin.js';
import { signRequest } from '#platform/request-signature.js';
import { fullDecisionRequest, leastDecisionRequest } from '#testing/decision-requests.js';
import {
  addKey,
  makeDataDir,
  startInProcess,
  type AddedKey,
  type ApiReply,
  type InProcessApi,
} from './in-process-api.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let api: InProcessApi;
let key: AddedKey;
let removeData: () => Promise<void>;
const keys: Record<'decider' | 'labeller' | 'reader' | 'slow' | 'signer' | 'gone', AddedKey> =
  {} as never;

beforeAll(async () => {
  const { dataDir, remove } = await makeDataDir();
  removeData = remove;
  key = await addKey(dataDir, { scopes: ['decide', 'label', 'read'] });
  keys.decider = await addKey(dataDir, { scopes: ['decide'] });
  keys.labeller = await addKey(dataDir, { scopes: ['label'] });
  keys.reader = await addKey(dataDir, { scopes: ['read'] });
  keys.slow = await addKey(dataDir, { scopes: ['decide'], rate: 2 });
  keys.signer = await addKey(dataDir, { scopes: ['decide', 'label'], signed: true });
  keys.gone = await addKey(dataDir, { scopes: ['decide'] });
  // As fast as the machine is: whether it meets the deadline is not asked here.
  api = await startInProcess(dataDir, {
    DEADLINE_MS: '1000',
    STATE_TIMEOUT_MS: '500',
    MODEL_TIMEOUT_MS: '500',
  });
});

afterAll(async () => {
  await api.stop();
  await removeData();
});

let made = 0;
const newId = (): string => `tx-${(made += 1)}`;

const decide = (body: unknown, headers: Record<string, string> = {}, as: AddedKey | null = key) =>
  api.send('/v1/decisions', { method: 'POST', key: as, body, headers });

const label = (body: unknown, as = key) =>
  api.send('/v1/labels', { method: 'POST', key: as, body });

/** What is wrong, said as every error is: a problem document, traceable and catalogued. */
function problemIn(reply: ApiReply): Problem {
  expect(reply.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = Problem.parse(reply.json());
  expect(problem).toMatchObject({
    status: reply.status,
    title: errorCatalogue[problem.code].title,
    instance: reply.headers.get('x-request-id'),
  });
  expect(reply.status).toBe(errorCatalogue[problem.code].status);
  return problem;
}

async function journalled(): Promise<JournalRecord[]> {
  await api.parts.journal.flush();
  const records: JournalRecord[] = [];
  const onProblem = (problem: { message: string }) => expect.fail(problem.message);
  for await (const record of readJournal(join(api.dataDir, 'journal'), { onProblem })) {
    records.push(record);
  }
  return records;
}

async function featuresOf(customer: string, card: string): Promise<Record<string, unknown>> {
  const reply = await decide({
    ...leastDecisionRequest(newId()),
    payment_method: { token: card },
    customer: { id: customer },
    options: { dry_run: true, include: ['features'] },
  });
  return DecisionReply.parse(reply.json()).features ?? {};
}

describe('a decision', () => {
  test('has the shape of its contract, and of the published OpenAPI document', async () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    ajvFormats.default(ajv);
    ajv.addSchema(
      JSON.parse(await readFile('docs/api/decision-api.json', 'utf8')) as object,
      'decision-api.json',
    );
    const asPublished = ajv.getSchema('decision-api.json#/components/schemas/DecisionReply');
    for (const include of [[], ['features', 'rules', 'trace']]) {
      const id = newId();
      const options = { dry_run: false, include };
      const reply = await decide({ ...fullDecisionRequest(id), options });
      expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
      void asPublished?.(reply.json());
      expect(asPublished?.errors).toBeNull();
      const parsed = DecisionReply.strict().parse(reply.json());
      expect(parsed).toMatchObject({
        transaction_id: id,
        degraded: { value: false, level: 'none', causes: [] },
        model: { id: 'fraud', role: 'champion' },
        policy: { id: 'default', version: expect.stringMatching(/^[0-9a-f]{64}$/) },
        feature_set: { version: expect.stringMatching(/^[0-9a-f]{64}$/) },
        dry_run: false,
      });
    }
  });

  test('with include carries every feature, every rule, and why each one came out so', async () => {
    const include = ['features', 'rules', 'trace'];
    const body = { ...fullDecisionRequest(newId()), options: { dry_run: true, include } };
    const { features, rules } = DecisionReply.parse((await decide(body)).json());
    const named = api.parts.plan.schema.definitions.filter(({ origin }) => origin === 'feature');
    expect(Object.keys(features ?? {}).sort()).toEqual(named.map(({ name }) => name).sort());
    expect(rules.map((rule) => rule.id)).toEqual(
      api.parts.policy.current.ruleset.ruleInfos.map((rule) => rule.id),
    );
    expect(rules.every((rule) => rule.trace !== undefined)).toBe(true);
  });

  test('names the missing fields as warnings, and decides', async () => {
    const reply = DecisionReply.parse((await decide(leastDecisionRequest(newId()))).json());
    expect(reply.warnings.map((warning) => warning.field)).toContain('customer.id');
  });

  test('is recorded as it was answered', async () => {
    const reply = await decide(fullDecisionRequest(newId()));
    const last = (await journalled()).at(-1);
    const record = DecisionRecord.parse(JSON.parse(String(last?.payload)));
    expect(record.api_key_id).toBe(key.id);
    expect(String(last?.payload)).toContain(`"reply":${reply.text}`);
  });

  test('takes an event time of long ago as of the bound, and says so', async () => {
    const eventTime = '2020-01-01T00:00:00Z';
    const body = { ...leastDecisionRequest(newId()), event_time: eventTime };
    const { warnings } = DecisionReply.parse((await decide(body)).json());
    expect(warnings.map((warning) => warning.field)).toContain('event_time');
  });

  test('is said with its duration, its request id, and never from a cache', async () => {
    const id = '01978f2e-6c1a-7b3c-9a4e-0f5d2c6b7a81';
    const { headers } = await decide(leastDecisionRequest(newId()), { 'x-request-id': id });
    expect(headers.get('x-request-id')).toBe(id);
    const parts = ['ingress', 'state', 'features', 'model', 'rules', 'policy', 'journal', 'total'];
    const timings = headers.get('server-timing')?.split(', ') ?? [];
    expect(timings.map((timing) => timing.replace(/;dur=\d+\.\d\d$/, ''))).toEqual(parts);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('a repeated request', () => {
  test('gets the same bytes, and says so', async () => {
    const body = fullDecisionRequest(newId());
    const first = await decide(body);
    const again = await decide(Object.fromEntries(Object.entries(body).reverse()));
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.text).toBe(first.text);
  });

  test('with another body is refused, under the transaction or under a key of its own', async () => {
    const body = leastDecisionRequest(newId());
    await decide(body);
    const other = { ...body, amount: { value: 101, currency: 'EUR' } };
    expect(problemIn(await decide(other)).code).toBe('IDEMPOTENCY_KEY_REUSED');
    const idempotencyKey = { 'idempotency-key': newId() };
    expect((await decide(other, idempotencyKey)).status).toBe(200);
    expect((await decide(body, idempotencyKey)).status).toBe(422);
  });

  test('while the first one is not answered is told to come back', async () => {
    const body = leastDecisionRequest(newId());
    const { journal } = api.parts;
    const append = journal.append.bind(journal);
    const gate = Promise.withResolvers<void>();
    const slowDisk = vi.spyOn(journal, 'append').mockImplementationOnce(async (type, payload) => {
      await gate.promise;
      return append(type, payload);
    });
    const first = decide(body);
    await vi.waitFor(() => expect(slowDisk).toHaveBeenCalled());
    const second = await decide(body);
    expect(problemIn(second).code).toBe('IDEMPOTENCY_KEY_IN_FLIGHT');
    expect(second.headers.get('retry-after')).toBe('1');
    gate.resolve();
    const { text } = await first;
    expect((await decide(body)).text).toBe(text);
  });

  test('of another key is another request', async () => {
    const body = leastDecisionRequest(newId());
    await decide(body);
    const reply = await decide(body, {}, keys.decider);
    expect([reply.status, reply.headers.get('idempotency-replayed')]).toEqual([200, null]);
  });

  test('counts velocity once', async () => {
    const body = {
      ...leastDecisionRequest(newId()),
      customer: { id: 'repeats' },
      payment_method: { token: 'repeats' },
    };
    await decide(body);
    await decide(body);
    await decide(body, { 'idempotency-key': newId() });
    expect(await featuresOf('repeats', 'repeats')).toMatchObject({ card_tx_count_1h: 2 });
  });
});

test('a dry run leaves no trace: no record, no velocity, no claim', async () => {
  const before = await journalled();
  const body = {
    ...leastDecisionRequest(newId()),
    payment_method: { token: 'rehearsed' },
    options: { dry_run: true, include: ['features'] },
  };
  const first = DecisionReply.parse((await decide(body)).json());
  const second = await decide(body);
  expect(first).toMatchObject({ dry_run: true, features: { card_tx_count_1h: 1 } });
  expect(DecisionReply.parse(second.json()).features?.['card_tx_count_1h']).toBe(1);
  expect(second.headers.get('idempotency-replayed')).toBeNull();
  expect(await journalled()).toHaveLength(before.length);
});

describe('what became known later', () => {
  const pay = async (who: string) => {
    const id = newId();
    const body = {
      ...leastDecisionRequest(id),
      customer: { id: who },
      payment_method: { token: who },
    };
    return DecisionReply.parse((await decide(body)).json());
  };

  test('a label changes the features of later decisions, and can be taken back', async () => {
    const { transaction_id: id } = await pay('labelled');
    const fraud = { transaction_id: id, label: 'fraud', source: 'chargeback' };
    const reply = await label(fraud);
    expect([reply.status, reply.json()]).toEqual([
      202,
      { id: expect.any(String), accepted_at: expect.any(String) },
    ]);
    const counted = async () =>
      (await featuresOf('labelled', 'labelled'))['customer_fraud_count_30d'];
    expect(await counted()).toBe(1);
    await label({ ...fraud, label: 'unknown' });
    expect(await counted()).toBe(0);
  });

  test('an outcome changes the share of declines', async () => {
    const { decision_id: id } = await pay('refused');
    const outcome = (what: string) =>
      api.send(`/v1/decisions/${id}/outcome`, { method: 'POST', key, body: { outcome: what } });
    expect((await outcome('declined_by_issuer')).status).toBe(202);
    const counted = async () => (await featuresOf('refused', 'refused'))['card_decline_count_1h'];
    expect(await counted()).toBe(1);
    await outcome('authorized');
    expect(await counted()).toBe(0);
  });

  test('is kept in the journal, also for a transaction that nobody decided here', async () => {
    const id = newId();
    const reply = await label({ transaction_id: id, label: 'legit', source: 'manual_review' });
    expect(reply.status).toBe(202);
    const last = (await journalled()).at(-1);
    expect(last?.type).toBe('label');
    expect(JSON.parse(String(last?.payload))).toMatchObject({ label: { transaction_id: id } });
  });

  test('of what cannot be a decision is not taken', async () => {
    for (const id of ['17', '0'.repeat(36), '6ba7b810-9dad-41d1-80b4-00c04fd430c8']) {
      const path = `/v1/decisions/${id}/outcome`;
      const reply = await api.send(path, { method: 'POST', key, body: { outcome: 'captured' } });
      expect(problemIn(reply).code).toBe('DECISION_NOT_FOUND');
    }
  });
});

describe('the door', () => {
  test('asks for a key, in either header', async () => {
    const body = leastDecisionRequest(newId());
    const missing = await decide(body, {}, null);
    expect(problemIn(missing).code).toBe('AUTHENTICATION_MISSING');
    expect(missing.headers.get('www-authenticate')).toMatch(/^Bearer/);
    const wrong = { ...key, text: `${key.text.slice(0, -1)}${key.text.endsWith('A') ? 'B' : 'A'}` };
    expect(problemIn(await decide(body, {}, wrong)).code).toBe('AUTHENTICATION_INVALID');
    expect((await decide(body, { 'x-api-key': key.text }, null)).status).toBe(200);
  });

  test.each([
    ['decider', 'POST', '/v1/decisions', 400],
    ['decider', 'POST', '/v1/labels', 403],
    ['decider', 'GET', '/v1/reason-codes', 403],
    ['labeller', 'POST', '/v1/labels', 400],
    ['labeller', 'POST', '/v1/decisions', 403],
    ['reader', 'GET', '/v1/reason-codes', 200],
    ['reader', 'POST', '/v1/decisions', 403],
    ['reader', 'POST', '/v1/labels', 403],
  ] as const)('lets a %s send %s %s: %d', async (who, method, path, status) => {
    const body = method === 'POST' ? {} : undefined;
    expect((await api.send(path, { method, key: keys[who], body })).status).toBe(status);
  });

  test('closes for a key within a second of its revocation', async () => {
    const body = leastDecisionRequest(newId());
    expect((await decide(body, {}, keys.gone)).status).toBe(200);
    await revokeApiKey(join(api.dataDir, 'api-keys.json'), keys.gone.id, Date.now());
    await vi.waitFor(
      async () => expect((await decide(body, {}, keys.gone)).status).toBe(401),
      5_000,
    );
  });

  test('tells a key beyond its rate when to come back', async () => {
    const replies = [];
    for (let sent = 0; sent < 4; sent += 1) {
      replies.push(await decide(leastDecisionRequest(newId()), {}, keys.slow));
    }
    const refused = replies.find((reply) => reply.status === 429);
    expect(replies[0]?.headers.get('ratelimit-policy')).toBe('"key";q=2;w=1');
    expect(refused && problemIn(refused).code).toBe('RATE_LIMITED');
    expect(refused?.headers.get('retry-after')).toBe('1');
  });

  test('takes what a signing key signed, in time and once', async () => {
    const body = JSON.stringify(leastDecisionRequest(newId()));
    const sign = (ageSeconds: number, what = body) => {
      const time = (Date.now() / 1_000 - ageSeconds).toFixed(3);
      const request = { method: 'POST', path: '/v1/decisions', body: Buffer.from(what) };
      const v1 = signRequest(keys.signer.signingSecret ?? '', time, request);
      return { 'tollgate-signature': `t=${time},v1=${v1}` };
    };
    const code = async (headers: Record<string, string>) => {
      const reply = await decide(body, headers, keys.signer);
      return reply.status === 200 ? 'taken' : problemIn(reply).code;
    };
    const sound = sign(0);
    expect(await code({})).toBe('SIGNATURE_MISSING');
    expect(await code(sign(0, `${body} `))).toBe('SIGNATURE_INVALID');
    expect(await code(sign(61))).toBe('SIGNATURE_INVALID');
    expect(await code(sign(-61))).toBe('SIGNATURE_INVALID');
    expect(await code(sound)).toBe('taken');
    expect(await code(sound)).toBe('SIGNATURE_REPLAYED');
    expect(await code(sign(1))).toBe('taken');
  });
});

describe('what cannot be read', () => {
  test.each([
    ['a body over 64 KiB', { metadata: { a: 'x'.repeat(70_000) } }, 413, 'REQUEST_BODY_TOO_LARGE'],
    ['a card number', { metadata: { a: '4111 1111 1111 1111' } }, 400, 'CARD_NUMBER_REFUSED'],
    ['an unknown field', { amuont: 1 }, 400, 'REQUEST_INVALID'],
    ['a fraction of a minor unit', { amount: { value: 1.5, currency: 'EUR' } }, 400, undefined],
    ['something else than JSON', '{"transaction_id":', 400, 'REQUEST_BODY_NOT_JSON'],
    ['nothing', '', 400, 'REQUEST_BODY_NOT_JSON'],
  ])('%s is refused by its code', async (_name, change, status, code) => {
    const body =
      typeof change === 'string' ? change : { ...leastDecisionRequest(newId()), ...change };
    const problem = problemIn(await decide(body));
    expect([problem.status, problem.code]).toEqual([status, code ?? 'REQUEST_INVALID']);
  });

  test('a wrong field is named by its pointer, and its value is not repeated', async () => {
    const body = { ...leastDecisionRequest(newId()), customer: { email: 'not-an-address' } };
    const reply = await decide(body);
    expect(problemIn(reply).errors?.map((error) => error.pointer)).toEqual(['/customer/email']);
    expect(reply.text).not.toContain('not-an-address');
  });

  test('another media type is refused', async () => {
    const reply = await decide('a=1', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(problemIn(reply).code).toBe('REQUEST_MEDIA_TYPE_UNSUPPORTED');
  });

  test.each(['0', '4', '1001', '12.5', '-5', '1e2', 'soon'])(
    'a deadline of %s ms is refused',
    async (deadline) => {
      const reply = await decide(leastDecisionRequest(newId()), { 'x-deadline-ms': deadline });
      expect(problemIn(reply).errors?.map((error) => error.pointer)).toEqual(['X-Deadline-Ms']);
    },
  );

  test.each(['5', '1000'])('a deadline of %s ms is taken', async (deadline) => {
    const reply = await decide(leastDecisionRequest(newId()), { 'x-deadline-ms': deadline });
    expect(reply.status).toBe(200);
  });

  test.each(['', 'with space', 'k'.repeat(256)])(
    'an Idempotency-Key "%s" is refused',
    async (bad) => {
      const reply = await decide(leastDecisionRequest(newId()), { 'idempotency-key': bad });
      expect(problemIn(reply).errors?.map((error) => error.pointer)).toEqual(['Idempotency-Key']);
    },
  );
});

describe('other routes and methods', () => {
  test.each([
    ['GET', '/v1/nothing', 404, null],
    ['GET', '/v1/decisions', 405, 'POST'],
    ['DELETE', '/v1/labels', 405, 'POST'],
    ['OPTIONS', '/v1/decisions', 405, 'POST'],
    ['OPTIONS', '/v1/reason-codes', 405, 'GET, HEAD'],
    ['POST', '/v1/reason-codes', 405, 'GET, HEAD'],
  ])('%s %s is a problem document: %d', async (method, path, status, allow) => {
    const reply = await api.send(path, { method, key });
    expect(problemIn(reply).status).toBe(status);
    expect(reply.headers.get('allow')).toBe(allow);
  });

  test('HEAD answers as GET does, without a body', async () => {
    const get = await api.send('/v1/reason-codes', { key });
    const head = await api.send('/v1/reason-codes', { method: 'HEAD', key });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expect((await api.send('/v1/reason-codes', { method: 'HEAD' })).status).toBe(401);
  });

  test('reason codes are those of engine, model and ruleset, each worded for both readers', async () => {
    const reply = await api.send('/v1/reason-codes', { key });
    const listed = reply.json()['reason_codes'] as { code: string; public_message: string }[];
    const codes = listed.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(codes).toEqual(
      expect.arrayContaining(['SCORE_DECLINE', 'FALLBACK_MODEL_TIMEOUT', 'CARD_TESTING']),
    );
    const groups = api.parts.models?.current?.bundle.manifest.reasonGroups ?? [];
    expect(codes).toEqual(expect.arrayContaining(groups.map((group) => group.code)));
    expect(listed.every((reason) => reason.public_message.length > 0)).toBe(true);
  });

  test('the served document is the committed one, and has a page', async () => {
    const served = (await api.send('/openapi.json')).json();
    expect(served).toEqual(JSON.parse(await readFile('docs/api/decision-api.json', 'utf8')));
    const page = await api.send('/docs');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect(page.text).toContain('Tollgate API');
    const script = /src="\.\/(docs\/swagger-ui-init\.js)"/.exec(page.text)?.[1];
    expect((await api.send(`/${script}`)).text).toContain('/v1/decisions');
  });

  test('health says that it lives and serves', async () => {
    expect((await api.send('/health/live')).json()).toEqual({ status: 'live' });
    expect((await api.send('/health/ready')).json()).toEqual({
      status: 'ready',
      checks: {
        serving: 'up',
        feature_store: 'up',
        ruleset: 'up',
        model: 'up',
        traffic_plan: 'up',
      },
    });
  });
});

test('everything decided so far is decided again identically, from its record alone', async () => {
  const { config, pseudonymizer } = api.parts;
  const archiveDir = join(api.dataDir, 'artifacts');
  const recomputer = new Recomputer({ archiveDir, modelDir: config.modelDir, pseudonymizer });
  for (const three_ds of ['failed', 'attempted']) {
    const amount = { value: 900_000, currency: 'EUR' };
    await decide({ ...fullDecisionRequest(newId()), amount, authentication: { three_ds } });
  }
  const decisions = (await journalled()).filter(({ type }) => type === 'decision');
  for (const { payload } of decisions) {
    const record = DecisionRecord.parse(JSON.parse(payload.toString()));
    expect((await recomputer.recompute(record)).differences).toEqual([]);
  }
  expect(decisions.length).toBeGreaterThan(10);
  await recomputer.close();
});

test('metrics are those that the reference describes', async () => {
  const text = (await api.send('/metrics')).text;
  const served = [...text.matchAll(/^# TYPE (tollgate_\w+)/gm)].map(([, name]) => String(name));
  const reference = await readFile('docs/reference/metrics.md', 'utf8');
  // What comes behind is of another service.
  const [own = ''] = reference.split('## Log');
  const described = [...own.matchAll(/^\| `(tollgate_\w+)`/gm)].map(([, name]) => String(name));
  expect(served.sort()).toEqual(described.sort());
  expect(text).toMatch(/^tollgate_decisions_total\{decision="approve"\} [1-9]/m);
});

test('a fault inside is an error without a word about the inside', async () => {
  const { store } = api.parts;
  vi.spyOn(store, 'readAndAppend').mockRejectedValueOnce(new TypeError('secret tok_5f1c'));
  const reply = await decide(leastDecisionRequest(newId()), { traceparent: TRACEPARENT });
  expect(problemIn(reply).code).toBe('INTERNAL');
  expect(reply.text).not.toMatch(/secret|TypeError|\.ts/);
  expect(api.lines.join('')).not.toContain('tok_5f1c');
});
