import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LabelImportReport } from '#contracts/label-import.js';
import { DecisionReply } from '#contracts/decision-reply.js';
import { LabelRecord } from '#contracts/journal-record.js';
import { readJournal } from '#journal/read-journal.js';
import { signatureHeader, signRequest } from '#platform/request-signature.js';
import { leastDecisionRequest } from '#testing/decision-requests.js';
import {
  addKey,
  makeDataDir,
  startInProcess,
  type AddedKey,
  type ApiReply,
  type InProcessApi,
} from './in-process-api.js';

const HEADER = 'transaction_id,label,source';
let api: InProcessApi;
let key: AddedKey;
let signed: AddedKey;
let reader: AddedKey;
let remove: () => Promise<void>;
beforeAll(async () => {
  const made = await makeDataDir();
  remove = made.remove;
  key = await addKey(made.dataDir, { scopes: ['decide', 'label'] });
  signed = await addKey(made.dataDir, { scopes: ['label'], signed: true });
  reader = await addKey(made.dataDir, { scopes: ['read'] });
  api = await startInProcess(made.dataDir, { MODEL_DIR: 'none' });
});
afterAll(async () => {
  await api.stop();
  await remove();
});

function send(csv: string, change: { key?: AddedKey | null; headers?: object } = {}) {
  const headers = { 'content-type': 'text/csv', ...change.headers };
  const sender = change.key === undefined ? key : change.key;
  return api.send('/v1/labels/import', { method: 'POST', key: sender, body: csv, headers });
}

async function imported(csv: string): Promise<LabelImportReport> {
  return LabelImportReport.parse((await send(csv)).json());
}

const codeOf = (reply: ApiReply): unknown => [reply.status, reply.json()['code']];

async function labelsOf(transactionId: string): Promise<string[]> {
  await api.parts.journal.flush();
  const { folder } = api.parts.config.journal;
  const onProblem = (problem: { message: string }) => expect.fail(problem.message);
  const found: string[] = [];
  for await (const { payload } of readJournal(folder, { types: ['label'], onProblem })) {
    const { label } = LabelRecord.parse(JSON.parse(payload.toString()));
    if (label.transaction_id === transactionId) found.push(label.label);
  }
  return found;
}

test('refused lines are told with line, column and advice, and the others are taken', async () => {
  const report = await imported(
    `\uFEFF${HEADER}\r\na,fraud,chargeback\r\n\r\nb,wrong,refund\r\n"c,fraud,refund\r\nd,legit,refund`,
  );
  expect(report).toMatchObject({ accepted: 2, duplicates: 0, refused: 2, problems_left_out: 0 });
  expect(report.problems).toEqual([
    { line: 4, column: 'label', reason: expect.any(String), advice: expect.any(String) },
    { line: 5, column: null, reason: expect.any(String), advice: expect.any(String) },
  ]);
  expect(await labelsOf('d')).toEqual(['legit']);
});

test('a file that is sent again counts once, and says so', async () => {
  const csv = `${HEADER}\nagain,fraud,refund\nagain,fraud,refund\n`;
  expect(await imported(csv)).toMatchObject({ accepted: 2, duplicates: 1 });
  expect(await imported(csv)).toMatchObject({ accepted: 2, duplicates: 2 });
  expect(await labelsOf('again')).toEqual(['fraud']);
});

test('imported labels reach the features', async () => {
  const pay = async (id: string) => {
    const body = {
      ...leastDecisionRequest(id),
      customer: { id: 'imported' },
      options: { dry_run: false, include: ['features'] },
    };
    const reply = await api.send('/v1/decisions', { method: 'POST', key, body });
    return DecisionReply.parse(reply.json()).features?.['customer_fraud_count_30d'];
  };
  await pay('paid-1');
  await imported(`${HEADER}\npaid-1,abuse,manual_review\n`);
  expect(await pay('paid-2')).toBe(1);
  await imported(`${HEADER}\npaid-1,legit,manual_review\n`);
  expect(await pay('paid-3')).toBe(0);
});

describe('is refused', () => {
  test('without a key, and before the body is read', async () => {
    const reply = await send('x'.repeat(5_000_000), { key: null }).catch(() => null);
    // The connection may be closed on the sender before it has read the answer.
    expect([401, undefined]).toContain(reply?.status);
    expect(codeOf(await send(HEADER, { key: reader }))).toEqual([403, 'SCOPE_MISSING']);
  });

  test('when it is too large', async () => {
    const line = 'a,fraud,refund\n';
    const lines = await send(`${HEADER}\n${line.repeat(20_002)}`);
    expect(codeOf(lines)).toEqual([413, 'REQUEST_BODY_TOO_LARGE']);
    const bytes = await send(`${HEADER}\n${'x'.repeat(4 * 1_048_576)}`);
    expect(codeOf(bytes)).toEqual([413, 'REQUEST_BODY_TOO_LARGE']);
  });

  test('as JSON, and CSV where JSON is wanted', async () => {
    const json = await send('{}', { headers: { 'content-type': 'application/json' } });
    expect(codeOf(json)).toEqual([415, 'REQUEST_MEDIA_TYPE_UNSUPPORTED']);
    const headers = { 'content-type': 'text/csv' };
    const csv = await api.send('/v1/labels', { method: 'POST', key, body: HEADER, headers });
    expect(codeOf(csv)).toEqual([415, 'REQUEST_MEDIA_TYPE_UNSUPPORTED']);
  });

  test('with a header that names no columns', async () => {
    const reply = await send('4111111111111111,fraud,chargeback\n');
    expect(codeOf(reply)).toEqual([400, 'REQUEST_INVALID']);
    expect(reply.text).not.toContain('4111');
  });

  test('while another one runs', async () => {
    const lines = Array.from({ length: 200 }, (_, nth) => `busy-${nth},fraud,refund`);
    const replies = await Promise.all([send([HEADER, ...lines].join('\n')), send(HEADER)]);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 409]));
  });

  test('with a wrong signature, where the key asks for one', async () => {
    const path = '/v1/labels/import';
    const csv = `${HEADER}\nsigned,fraud,refund\n`;
    const body = Buffer.from(csv);
    const time = String(Math.floor(Date.now() / 1000));
    const v1 = signRequest(signed.signingSecret ?? '', time, { method: 'POST', path, body });
    const headers = { [signatureHeader]: `t=${time},v1=${v1}` };
    expect((await send(csv, { key: signed, headers })).status).toBe(200);
    expect(codeOf(await send(`${csv}x`, { key: signed, headers }))).toEqual([
      401,
      'SIGNATURE_INVALID',
    ]);
  });
});
