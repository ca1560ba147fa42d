import { expect, test } from 'vitest';
import { formatKeys } from './format-keys.js';

test('keys are a table; a revoked one is marked, and control characters of a name are not obeyed', () => {
  const key = {
    id: '0123456789ab',
    name: 'shop\u001b[31m',
    secret_sha256: '0'.repeat(64),
    scopes: ['decide' as const, 'label' as const],
    created_at: '2026-11-23T10:00:00.000Z',
    revoked_at: null,
  };
  const revoked = { ...key, id: 'ab0123456789', revoked_at: '2026-11-24T10:00:00.000Z' };
  const signed = { ...revoked, rate_per_second: 200, signing_secrets: ['s'.repeat(43)] };
  const table = formatKeys([key, signed]);
  expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['ID', 'STATE', 'SCOPES', 'RATE/S', 'SIGNED', 'CREATED', 'NAME'],
    ['0123456789ab', 'valid', 'decide,label', '-', 'no', '2026-11-23', 'shop?[31m'],
    ['ab0123456789', 'revoked', 'decide,label', '200', 'yes', '2026-11-23', 'shop?[31m'],
  ]);
  expect(table).not.toContain('sss');
});

test('without keys the way to the first one is named', () => {
  expect(formatKeys([])).toContain('npm run keys -- create');
});
