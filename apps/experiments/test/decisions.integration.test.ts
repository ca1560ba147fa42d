import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Journal } from '#journal/journal.js';
import { mintApiKey } from '#platform/api-key-admin.js';
import { writeApiKeyFile, type Scope } from '#platform/api-key-file.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import { HttpClient } from '#testing/http-client.js';
import {
  decisionRecord,
  idAt,
  labelRecord,
  LOG_NOON,
  outcomeRecord,
} from '#testing/log-records.js';
import { missingBuildOf, ServiceProcess } from '#testing/service-process.js';

const missing = missingBuildOf('experiments');
const DECISIONS = 25;
const idOf = (sequence: number): string => idAt(LOG_NOON + sequence, sequence);

describe.skipIf(missing !== '')(`decisions out of the database${missing}`, () => {
  let folder: string;
  let postgres: EmbeddedPostgres;
  let service: ServiceProcess;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-decisions-'));
    postgres = await EmbeddedPostgres.start();
    const journal = await Journal.open({
      folder: join(folder, 'journal'),
      mode: 'write',
      nowMs: () => Date.now(),
    });
    for (let sequence = 1; sequence <= DECISIONS; sequence += 1) {
      await journal.append('decision', decisionRecord(sequence).text);
    }
    await journal.append('outcome', outcomeRecord(DECISIONS + 1, idOf(3)).text);
    await journal.append('label', labelRecord(DECISIONS + 2, 't-3').text);
    await journal.close();
    service = await ServiceProcess.start('experiments', await addKey('read'), {
      DATA_DIR: folder,
      DATABASE_URL: postgres.url,
    });
    await service.ready();
    await vi.waitUntil(
      async () => {
        const { body } = await service.client.get('/metrics');
        return body.includes('tollgate_log_records_stored_total{kind="label"} 1');
      },
      { timeout: 10_000, interval: 50 },
    );
  }, 60_000);
  afterAll(async () => {
    await service.end('SIGTERM');
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function addKey(scope: Scope): Promise<string> {
    const key = mintApiKey('test', [scope], Date.now());
    await writeApiKeyFile(join(folder, 'api-keys.json'), [key.entry]);
    return key.text;
  }

  async function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const { status, body } = await service.client.get(path);
    return { status, body: JSON.parse(body) as Record<string, unknown> };
  }

  const sequencesOf = (body: Record<string, unknown>): number[] =>
    (body['decisions'] as { transaction_id: string }[]).map(({ transaction_id: id }) =>
      Number(id.slice(2)),
    );

  test('a decision comes with its reply, its outcomes and the labels of its transaction', async () => {
    const { status, body } = await get(`/v1/decisions/${idOf(3)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      decision: { decision_id: idOf(3), decision: 'review', rules: [{ id: 'many-cards' }] },
      event_time: new Date(LOG_NOON - 2).toISOString(),
      outcomes: [{ outcome: 'captured' }],
      labels: [{ label: 'fraud', source: 'chargeback', reported_at: null, in_force: true }],
    });
    const before = new Date(LOG_NOON).toISOString();
    expect(await get(`/v1/decisions/${idOf(3)}?known_at=${before}`)).toMatchObject({
      body: { outcomes: [], labels: [] },
    });
  });

  test('label maturity is told by age, and that there is no data where there is none', async () => {
    const from = new Date(LOG_NOON - 1).toISOString();
    const to = new Date(LOG_NOON + 1_000).toISOString();
    const { status, body } = await get(
      `/v1/label-maturity?source=chargeback&from=${from}&to=${to}`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      source: 'chargeback',
      decisions: DECISIONS,
      labelled: 1,
      curve: [{ age_days: 0, share_known: 1, low: 1, high: 1 }],
      expected: { from, to, decisions: DECISIONS, share_known: 1 },
    });
    expect((await get('/v1/label-maturity?source=refund')).body).toMatchObject({
      summary: expect.stringContaining('no data'),
      labelled: 0,
      curve: [],
      expected: { share_known: null },
    });
  });

  test('pages follow each other, newest first, without gap or repeat', async () => {
    const seen: number[] = [];
    let before = '';
    for (let page = 0; page < 10; page += 1) {
      const { body } = await get(`/v1/decisions?limit=10${before}`);
      seen.push(...sequencesOf(body));
      const next = body['next'] as string | null;
      if (next === null) break;
      before = `&before=${next}`;
    }
    expect(seen).toEqual(Array.from({ length: DECISIONS }, (_, index) => DECISIONS - index));
  });

  test.each([
    ['transaction_id=t-4', [4]],
    ['transaction_id=t-4&decision=decline', []],
    ['decision=review&limit=2', [25, 24]],
    ['rule_id=many-cards&limit=1', [25]],
    ['rule_id=other', []],
    [`to=${new Date(LOG_NOON + 3).toISOString()}`, [2, 1]],
    [`from=${new Date(LOG_NOON + 24).toISOString()}`, [25, 24]],
  ])('search by %s', async (query, expected) => {
    const { status, body } = await get(`/v1/decisions?${query}`);
    expect(status).toBe(200);
    expect(sequencesOf(body)).toEqual(expected);
  });

  test.each([
    ['/v1/label-maturity?source=bank', 400, 'REQUEST_INVALID'],
    ['/v1/label-maturity?horizon_days=0', 400, 'REQUEST_INVALID'],
    ['/v1/decisions?limit=0', 400, 'REQUEST_INVALID'],
    ['/v1/decisions?unknown=1', 400, 'REQUEST_INVALID'],
    ['/v1/decisions?before=first', 400, 'REQUEST_INVALID'],
    ['/v1/decisions/not-an-id', 404, 'DECISION_NOT_FOUND'],
    [`/v1/decisions/${idAt(LOG_NOON, 999)}`, 404, 'DECISION_NOT_FOUND'],
  ])('%s is answered %i %s', async (path, status, code) => {
    expect(await get(path)).toMatchObject({ status, body: { code } });
  });

  test('a caller without a key learns nothing', async () => {
    const stranger = new HttpClient(service.client.port, null);
    expect((await stranger.get(`/v1/decisions/${idOf(3)}`)).status).toBe(401);
    stranger.close();
  });
});
