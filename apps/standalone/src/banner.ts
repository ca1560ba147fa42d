import { styleText } from 'node:util';

export interface BannerFacts {
  readonly address: string;
  /** Null: the key was revoked, and its owner has another. */
  readonly apiKey: string | null;
  readonly apiKeyFile: string;
  /** One line: which store holds the features, and why that one. */
  readonly state: string;
  /** One line: which database holds the log. */
  readonly database: string;
  /** Where stored decisions are read; null where none are stored. */
  readonly decisions: string | null;
  /** Where the log is sent; null where it stays on this machine. */
  readonly log: string | null;
  readonly rules: string;
  readonly model: string;
  readonly journal: string;
  readonly startMs: number;
}

/** What `npm start` shows once everything answers. */
export function formatBanner(facts: BannerFacts): string {
  const key = facts.apiKey ?? 'the demo key was revoked; use a key of yours';
  const rows: readonly (readonly [string, string])[] = [
    ['Address', facts.address],
    ['Docs', `${facts.address}/docs`],
    ['API key', facts.apiKey === null ? key : `${key}  (${facts.apiKeyFile})`],
    ['State', facts.state],
    ['Rules', facts.rules],
    ['Model', facts.model],
    ['Journal', facts.journal],
    ...(facts.log === null ? [] : [['Log', facts.log] as const]),
    ['Database', facts.database],
    ...(facts.decisions === null ? [] : [['Stored', facts.decisions] as const]),
  ];
  const seconds = (facts.startMs / 1000).toFixed(1);
  return [
    '',
    `  ${bold('Tollgate is ready')} ${dim(`after ${seconds} s`)}`,
    '',
    ...rows.map(([name, value]) => `  ${dim(name.padEnd(8))} ${value}`),
    '',
    '  Ask whether a payment may go through:',
    '',
    ...curlLines(facts).map((line) => `    ${line}`),
    '',
    dim('  Ctrl-C stops it.'),
    '',
    '',
  ].join('\n');
}

/**
 * A command for the shell; each time it asks about a new payment. Its id has eleven digits: with
 * thirteen and more, one in ten would be refused as a card number.
 */
function curlLines(facts: BannerFacts): string[] {
  return [
    `curl -s ${facts.address}/v1/decisions \\`,
    `  -H 'Authorization: Bearer ${facts.apiKey ?? '<your key>'}' \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{"transaction_id": "demo-'$(date +%S%N)'", "amount": {"value": 4999, "currency": "EUR"},`,
    `       "payment_method": {"type": "card", "token": "tok_demo", "issuer_country": "DE"},`,
    `       "merchant": {"id": "shop-1", "mcc": "5732", "country": "DE"}}'`,
  ];
}

function bold(text: string): string {
  return styleText(['bold', 'green'], text, { stream: process.stdout });
}

function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout });
}
