import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Pool } from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import { createApiKey } from '#platform/api-key-admin.js';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';
import { ChildService, freePort } from '../bench/child-service.js';
import { simulatePayments } from '../simulate/simulate-payments.js';
import { compareStored, Exchanges, type StoredComparison } from './compare-stored.js';
import { runReplay } from './replay-command.js';

const root = resolve(import.meta.dirname, '../..');
const mainOf = (app: string): string => join(root, `dist/apps/${app}/src/main.js`);
const example = join(root, 'examples/handbook');
const startMs = Date.parse('2018-04-01T00:00:00Z');
const CAUGHT_UP_MS_MAX = 20_000;

const isBuilt = existsSync(mainOf('experiments'));
if (!isBuilt) process.stderr.write('skipped: needs the build: npm run setup\n');
afterEach(() => {
  vi.restoreAllMocks();
});

test.skipIf(!isBuilt)(
  'what a replay was answered and told is in Postgres, to the row, and what differs is found',
  { timeout: 90_000 },
  async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-stored-'));
    const postgres = await EmbeddedPostgres.start();
    const { key, api, experiments } = await startServices(folder, postgres.url);
    const pool = new Pool({ connectionString: postgres.url, max: 1 });
    try {
      const data = join(folder, 'history.csv');
      const history = historyCsv();
      await writeFile(data, history.join('\n'));
      const payments = history.length - 1;
      const log = join(folder, 'exchanges.jsonl.gz');
      const url = `http://127.0.0.1:${api.port}`;
      const tokenKey = join(folder, 'token.key');
      const options = { example, data, url, key, tokenKey, log, outcomes: true };
      await runReplay({ ...options, ruleset: true, model: false, signals: [], concurrency: 16 });

      const exchanges = await Exchanges.read(log);
      const result = await vi.waitUntil(
        async () => {
          const compared = await compareStored(pool, exchanges);
          return compared.tables.every(({ missing }) => missing === 0) ? compared : null;
        },
        { timeout: CAUGHT_UP_MS_MAX, interval: 200 },
      );
      expect(result?.examples).toEqual([]);
      const [decisions = 0, labels = 0, outcomes = 0] =
        result?.tables.map(({ equal }) => equal) ?? [];
      expect([decisions, labels > 30, outcomes > 500]).toEqual([payments, true, true]);
      expect(result?.ruleHits).toBeGreaterThan(0);

      await tamper(pool);
      expect(countsOf(await compareStored(pool, exchanges))).toEqual([
        { table: 'decisions', equal: payments - 2, differing: 2, missing: 0, surplus: 0 },
        { table: 'labels', equal: labels - 1, differing: 0, missing: 1, surplus: 0 },
        { table: 'outcomes', equal: outcomes, differing: 0, missing: 0, surplus: 1 },
      ]);
    } finally {
      await pool.end();
      await api.stop();
      await experiments.stop();
      await postgres.stop();
      await rm(folder, { recursive: true });
    }
  },
);

function countsOf({ tables }: StoredComparison): unknown {
  return tables;
}

/** A lost rule hit, another decision, a lost label, an outcome that nobody told. */
async function tamper(pool: Pool): Promise<void> {
  await pool.query(`
    DELETE FROM rule_hits WHERE (decision_id, rule_id) IN (
      SELECT decision_id, rule_id FROM rule_hits LIMIT 1)`);
  await pool.query(`
    UPDATE decisions SET decision = 'review' WHERE decision_id = (
      SELECT decision_id FROM decisions WHERE decision_id NOT IN (
        SELECT decision_id FROM rule_hits) AND decision = 'approve' LIMIT 1)`);
  await pool.query('DELETE FROM labels WHERE id = (SELECT id FROM labels LIMIT 1)');
  await pool.query(`
    INSERT INTO outcomes SELECT gen_random_uuid(), decision_id, outcome, occurred_at, learnt_at
    FROM outcomes LIMIT 1`);
}

async function startServices(folder: string, databaseUrl: string) {
  const keysFile = join(folder, 'api-keys.json');
  const scopes = ['decide', 'label', 'replay'] as const;
  const wanted = { name: 'replay', scopes, ratePerSecond: null, signed: false };
  const created = await createApiKey(keysFile, wanted, startMs);
  if (!created.ok) throw new Error(created.problems.join('; '));
  const [port, experimentsPort] = [await freePort(), await freePort()];
  const environment = {
    DATA_DIR: folder,
    API_KEYS_FILE: keysFile,
    PORT: String(port),
    EXPERIMENTS_PORT: String(experimentsPort),
    DATABASE_URL: databaseUrl,
    RULES_DIR: join(example, 'rules'),
    RULESET: 'handbook',
    FEATURES_FILE: join(example, 'features.yaml'),
    MODEL_DIR: 'none',
  };
  const start = (name: string, at: number): Promise<ChildService> =>
    ChildService.start({
      name,
      args: [mainOf(name)],
      environment,
      port: at,
      readyPath: '/health/ready',
    });
  const api = await start('decision-api', port);
  const experiments = await start('experiments', experimentsPort);
  return { key: created.value.text, api, experiments };
}

/** Twelve days of a village; every tenth payment is fraud, many of them by a large amount. */
function historyCsv(): string[] {
  const lines = ['TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD'];
  const options = { seed: 3, startMs, days: 12, customers: 60, merchants: 20 };
  for (const { timeMs, card, merchant, amountMinor } of simulatePayments(options)) {
    const id = lines.length;
    const time = new Date(timeMs).toISOString().slice(0, 19);
    const amount = id % 30 === 0 ? '900.00' : (amountMinor / 100).toFixed(2);
    lines.push(`${id},${time},${card.token},${merchant.id},${amount},${id % 10 === 0 ? 1 : 0}`);
  }
  return lines;
}
