import { expect, test } from 'vitest';
import { LocalClaims } from './local-claims.js';

test('the first request with a key is new, the second in flight, a later one gets the reply', () => {
  const claims = new LocalClaims();
  expect(claims.begin('k', 'body')).toEqual({ kind: 'new' });
  expect(claims.begin('k', 'body')).toEqual({ kind: 'in_flight' });
  claims.complete('k', 'body', '{"decision":"approve"}');
  expect(claims.begin('k', 'body')).toEqual({
    kind: 'completed',
    reply: '{"decision":"approve"}',
  });
});

test('another body under the same key is a conflict, in flight and after', () => {
  const claims = new LocalClaims();
  claims.begin('k', 'body');
  expect(claims.begin('k', 'other')).toEqual({ kind: 'conflict' });
  claims.complete('k', 'body', '{}');
  expect(claims.begin('k', 'other')).toEqual({ kind: 'conflict' });
});

test('an abandoned key may be tried again; a completed one stays', () => {
  const claims = new LocalClaims();
  claims.begin('k', 'body');
  claims.abandon('k');
  expect(claims.begin('k', 'body')).toEqual({ kind: 'new' });
  claims.complete('k', 'body', '{}');
  claims.abandon('k');
  expect(claims.begin('k', 'body').kind).toBe('completed');
});

test('the oldest replies go first when the bound is reached; requests in flight stay', () => {
  const claims = new LocalClaims(50);
  claims.begin('flying', 'b');
  claims.complete('old', 'b', 'x'.repeat(6));
  claims.complete('new', 'b', 'y'.repeat(6));
  expect(claims.begin('old', 'b')).toEqual({ kind: 'new' });
  expect(claims.begin('new', 'b').kind).toBe('completed');
  expect(claims.begin('flying', 'b')).toEqual({ kind: 'in_flight' });
});
