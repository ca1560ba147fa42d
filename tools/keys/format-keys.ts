import type { ApiKeyEntry } from '#platform/api-key-file.js';

/** A table of keys for a terminal. Control characters in names are shown as a question mark. */
export function formatKeys(keys: readonly ApiKeyEntry[]): string {
  if (keys.length === 0) {
    return 'There are no keys yet; create one with: npm run keys -- create --help';
  }
  const head = ['ID', 'STATE', 'SCOPES', 'RATE/S', 'SIGNED', 'CREATED', 'NAME'];
  const rows = keys.map((key) => [
    key.id,
    key.revoked_at === null ? 'valid' : 'revoked',
    key.scopes.join(','),
    key.rate_per_second === undefined ? '-' : String(key.rate_per_second),
    key.signing_secrets === undefined ? 'no' : 'yes',
    key.created_at.slice(0, 10),
    key.name.replace(/\p{Cc}/gu, '?'),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
