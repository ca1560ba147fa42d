import { describe, expect, test } from 'vitest';
import { timeReader } from './zoned-time.js';

describe('times of a history', () => {
  test.each([
    [
      'a naive time is in the zone of the mapping',
      'UTC',
      '2018-04-01T00:00:31',
      '2018-04-01T00:00:31Z',
    ],
    ['a space may stand for the T', 'UTC', '2018-04-01 00:00:31', '2018-04-01T00:00:31Z'],
    ['a day begins at midnight', 'UTC', '2018-04-01', '2018-04-01T00:00:00Z'],
    ['an offset is ahead of UTC', '+02:00', '2018-04-01T00:00:31', '2018-03-31T22:00:31Z'],
    ['a day begins at midnight of the offset', '+02:00', '2018-04-01', '2018-03-31T22:00:00Z'],
    ['a zone has summer time', 'Europe/Berlin', '2018-07-01T12:00:00', '2018-07-01T10:00:00Z'],
    ['a zone has winter time', 'Europe/Berlin', '2018-01-01T12:00:00', '2018-01-01T11:00:00Z'],
    [
      'just before the clocks change',
      'Europe/Berlin',
      '2018-03-25T01:59:59',
      '2018-03-25T00:59:59Z',
    ],
    [
      'just after the clocks change',
      'Europe/Berlin',
      '2018-03-25T03:00:00',
      '2018-03-25T01:00:00Z',
    ],
    ['west of Greenwich', 'America/New_York', '2018-07-01T12:00:00', '2018-07-01T16:00:00Z'],
    [
      'a time with zone needs none',
      'Europe/Berlin',
      '2018-07-01T12:00:00Z',
      '2018-07-01T12:00:00Z',
    ],
    ['its own offset wins', 'UTC', '2018-07-01T12:00:00-03:00', '2018-07-01T15:00:00Z'],
  ])('%s', (_name, zone, text, expected) => {
    expect(timeReader('iso', zone)(text)).toBe(Date.parse(expected));
  });

  test('numbers are seconds or milliseconds of the epoch', () => {
    expect(timeReader('s', 'UTC')('1522540831.5')).toBe(1_522_540_831_500);
    expect(timeReader('ms', 'UTC')('1522540831500')).toBe(1_522_540_831_500);
  });

  test.each(['', 'yesterday', '2018-13-01T00:00:00'])('"%s" is no time', (text) => {
    expect(timeReader('iso', 'UTC')(text)).toBeNaN();
  });
});
