import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { DecisionRequest } from '#contracts/decision-request.js';
import { formatBanner, type BannerFacts } from './banner.js';

const facts: BannerFacts = {
  address: 'http://127.0.0.1:8080',
  apiKey: 'tg_0123456789ab_secret',
  apiKeyFile: '.data/demo-key',
  state: 'redis-server 7.0.15, private',
  rules: './rules/default',
  model: './models/fraud',
  journal: './.data/journal',
  database: 'embedded Postgres',
  log: null,
  decisions: 'http://127.0.0.1:8081/v1/decisions',
  startMs: 2_140,
};

function bannerText(changes: Partial<BannerFacts> = {}): string {
  return stripVTControlCharacters(formatBanner({ ...facts, ...changes }));
}

test('the address, the documentation, the key and the backends are named', () => {
  const text = bannerText();
  expect(text).toContain('Tollgate is ready after 2.1 s');
  expect(text).toMatch(/Address +http:\/\/127\.0\.0\.1:8080\n/);
  expect(text).toMatch(/Docs +http:\/\/127\.0\.0\.1:8080\/docs\n/);
  expect(text).toMatch(/API key +tg_0123456789ab_secret {2}\(\.data\/demo-key\)\n/);
  expect(text).toMatch(/State +redis-server 7\.0\.15, private\n/);
});

test('the command that is shown sends a body that the API accepts', () => {
  const text = bannerText();
  const body = /-d '(.*)'\n/s.exec(text)?.[1]?.replace("'$(date +%S%N)'", '1');
  expect(DecisionRequest.safeParse(JSON.parse(body ?? ''))).toMatchObject({ success: true });
  expect(text).toContain("-H 'Authorization: Bearer tg_0123456789ab_secret'");
});

test('a revoked key is not shown', () => {
  const text = bannerText({ apiKey: null });
  expect(text).toContain('the demo key was revoked; use a key of yours');
  expect(text).toContain('Bearer <your key>');
});
