import { afterAll, beforeAll, expect, test } from 'vitest';
import { LabelRecord } from '#contracts/journal-record.js';
import { LabelRequest } from '#contracts/outcome-request.js';
import { readJournal } from '#journal/read-journal.js';
import { StoreError } from '#store/store-error.js';
import { openedParts, type OpenedParts } from '../../test/opened-parts.js';
import { FeedbackService } from './feedback.service.js';

let opened: OpenedParts;
beforeAll(async () => {
  opened = await openedParts();
});
afterAll(() => opened.close());

const label = LabelRequest.parse({ transaction_id: 'tx', label: 'fraud', source: 'chargeback' });

async function kept(): Promise<LabelRecord[]> {
  await opened.parts.journal.flush();
  const records: LabelRecord[] = [];
  const onProblem = (problem: { message: string }) => expect.fail(problem.message);
  const { folder } = opened.parts.config.journal;
  for await (const { payload } of readJournal(folder, { onProblem })) {
    records.push(LabelRecord.parse(JSON.parse(payload.toString())));
  }
  return records;
}

test('a label is kept under the id and the time of its receipt', async () => {
  const receipt = await new FeedbackService(opened.parts).recordLabel('0123456789ab', label);
  const last = (await kept()).at(-1);
  expect(last).toMatchObject({ id: receipt.id, api_key_id: '0123456789ab', label });
  expect(new Date(last?.accepted_at_ms ?? 0).toISOString()).toBe(receipt.accepted_at);
});

test('a label that is sent again is the same label, kept once, with the first receipt', async () => {
  const service = new FeedbackService(opened.parts);
  const other = { ...label, transaction_id: 'other' };
  const [first, repeat] = await service.recordLabels('0123456789ab', [other, other]);
  const later = await service.recordLabels('0123456789ab', [other, { ...other, label: 'legit' }]);
  expect([first, repeat, ...later].map((taken) => taken?.isRepeat)).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(later[0]?.receipt).toEqual(first?.receipt);
  const ofOther = (await kept()).filter((record) => record.label.transaction_id === 'other');
  expect(ofOther.map((record) => record.label.label)).toEqual(['fraud', 'legit']);
});

test('a label that could not be counted is not kept, and is to be sent again', async () => {
  const before = await kept();
  const store = Object.assign(Object.create(opened.parts.store) as typeof opened.parts.store, {
    patch: () => Promise.reject(new StoreError('unavailable', 'away')),
  });
  const service = new FeedbackService({ ...opened.parts, store });
  await expect(service.recordLabel('0123456789ab', label)).rejects.toMatchObject({
    code: 'LABEL_NOT_STORED',
    retryAfterSeconds: 1,
  });
  expect(await kept()).toHaveLength(before.length);
});
