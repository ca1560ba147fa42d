import { expect, test } from 'vitest';
import { parsedRequest, smallPlan, testPseudonymizer } from '#testing/small-policy.js';
import { eventTimeOf, prepareTransaction } from './prepare.js';

const nowMs = Date.UTC(2026, 10, 23, 12);
const skewMs = 300_000;
const at = (offsetMs: number) => new Date(nowMs + offsetMs).toISOString();

test.each([
  ['nothing', undefined, 0],
  ['a time within the bound', at(-1_000), -1_000],
  ['a time at the bound', at(-skewMs), -skewMs],
  ['a time before it', at(-skewMs - 1), -skewMs],
  ['a time of years ago', '1970-01-01T00:00:00Z', -skewMs],
  ['a time ahead of it', at(skewMs + 1), skewMs],
  ['a time in another zone', '2026-11-23T13:00:01+01:00', 1_000],
])('live traffic that sends %s is taken as of that, within the bound', (_name, sent, offsetMs) => {
  const request = parsedRequest(sent === undefined ? {} : { event_time: sent });
  expect(eventTimeOf(request, nowMs, skewMs) - nowMs).toBe(offsetMs);
});

test('a replay may send any time', () => {
  const request = parsedRequest({ event_time: '1970-01-01T00:00:00Z' });
  expect(eventTimeOf(request, nowMs, null)).toBe(0);
});

test('a transaction becomes pseudonyms, an event id and the events of its entities', () => {
  const plan = smallPlan();
  const prepared = prepareTransaction(plan, testPseudonymizer, parsedRequest(), nowMs);
  const card = testPseudonymizer.pseudonym('card', 'card-1');
  expect(prepared.record.strings).toContain(card);
  expect(prepared.record.strings).not.toContain('card-1');
  expect(prepared.eventId).toEqual(testPseudonymizer.eventId('pay-1'));
  expect(prepared.entities.map(({ entity, key }) => [entity.name, key])).toEqual([['card', card]]);
  expect(prepared.warnings).toEqual([]);
});

test('a time that was moved to the bound is told, an exact one is not', () => {
  const prepare = (eventTimeMs: number) =>
    prepareTransaction(
      smallPlan(),
      testPseudonymizer,
      parsedRequest({ event_time: at(-1_000) }),
      eventTimeMs,
    ).warnings;
  expect(prepare(nowMs - 1_000)).toEqual([]);
  expect(prepare(nowMs - 500)).toEqual([
    { field: 'event_time', message: expect.stringContaining(at(-500)) },
  ]);
});
