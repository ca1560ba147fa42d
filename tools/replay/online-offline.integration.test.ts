import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createApiKey } from '#platform/api-key-admin.js';
import { hasRedisServer, RedisServer } from '#testing/redis-server.js';
import { ChildService, freePort } from '../bench/child-service.js';
import { simulatePayments } from '../simulate/simulate-payments.js';
import { compareTables } from './compare-tables.js';
import { runReplay } from './replay-command.js';
import type { ReplaySettings } from './replay-options.js';
import { ReplayRecorder } from './replay-recorder.js';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'dist/apps/decision-api/src/main.js');
const example = join(root, 'examples/handbook');
const DAY_MS = 86_400_000;
const startMs = Date.parse('2018-04-01T00:00:00Z');
const fromMs = startMs + 16 * DAY_MS;
const PSEUDONYM_KEY = '17'.repeat(32);

const available = hasRedisServer() && existsSync(main);
if (!available) process.stderr.write('skipped: needs redis-server on PATH and npm run setup\n');
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test.skipIf(!available)(
  'through HTTP and Redis, interrupted and gone on with, a replay gives the features of one offline',
  async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    vi.stubEnv('PSEUDONYM_KEY', PSEUDONYM_KEY);
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-online-'));
    const redis = await RedisServer.start();
    const { service, key } = await startService(folder, redis);
    try {
      const data = join(folder, 'history.csv');
      await writeFile(data, historyCsv());
      const settings: ReplaySettings = {
        example,
        data,
        ruleset: true,
        model: false,
        signals: [],
        features: true,
        tokenKey: join(folder, 'token.key'),
        url: `http://127.0.0.1:${service.port}`,
        key,
        concurrency: 16,
      };
      const [offline, online] = [join(folder, 'offline.csv'), join(folder, 'online.csv')];
      await runReplay({ ...settings, offline: true, out: offline });

      const decisions = join(folder, 'decisions.csv');
      const part = { ...settings, from: fromMs, out: online, decisions };
      const warmed = { ...part, warmUp: redis.socketPath };
      interruptOnce();
      expect(await runReplay(warmed)).toBe(130);
      const before = (await rowsOf(online)).length;
      expect(await runReplay({ ...warmed, resume: true })).toBe(0);

      const [expected, actual] = [await rowsOf(offline), await rowsOf(online)];
      expect(before).toBeGreaterThan(100);
      expect(actual.length).toBeGreaterThan(before + 100);
      const result = await compareTables(asTable(expected), asTable(actual), 1e-9);
      expect(result).toMatchObject({ rows: actual.length - 1, missing: 0, examples: [] });
      // What makes it worth comparing: labels were known, windows were full, nothing was guessed.
      const risks = columnOf(actual, 'TERMINAL_ID_RISK_7DAY_WINDOW');
      expect(risks.some((risk) => Number(risk) > 0)).toBe(true);
      expect(new Set(columnOf(await rowsOf(decisions), 'degraded'))).toEqual(new Set(['none']));
    } finally {
      await service.stop();
      await redis.stop();
      await rm(folder, { recursive: true });
    }
  },
);

async function startService(folder: string, redis: RedisServer) {
  const keysFile = join(folder, 'api-keys.json');
  const created = await createApiKey(
    keysFile,
    { name: 'replay', scopes: ['decide', 'label', 'replay'], ratePerSecond: null, signed: false },
    startMs,
  );
  if (!created.ok) throw new Error(created.problems.join('; '));
  const port = await freePort();
  const service = await ChildService.start({
    name: 'decision-api',
    args: [main],
    environment: {
      PORT: String(port),
      DATA_DIR: join(folder, 'data'),
      API_KEYS_FILE: keysFile,
      REDIS_URL: redis.socketPath,
      RULES_DIR: join(example, 'rules'),
      RULESET: 'handbook',
      FEATURES_FILE: join(example, 'features.yaml'),
      MODEL_DIR: 'none',
      PSEUDONYM_KEY,
      // What is tested is that both count alike, not how fast a busy machine is.
      DEADLINE_MS: '1000',
      STATE_TIMEOUT_MS: '900',
    },
    port,
    readyPath: '/health/ready',
  });
  return { service, key: created.value.text };
}

/** Ctrl-C in the middle, once some payments are answered. */
function interruptOnce(): void {
  const taken = vi.spyOn(ReplayRecorder.prototype, 'take');
  const paused = vi.spyOn(ReplayRecorder.prototype, 'pause').mockImplementation(async () => {
    if (taken.mock.calls.length < 200) return;
    paused.mockRestore();
    process.emit('SIGINT');
  });
}

/** Eighteen days of a village in the columns of the handbook; every twelfth payment is fraud. */
function historyCsv(): string {
  const lines = ['TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD'];
  const options = { seed: 11, startMs, days: 18, customers: 400, merchants: 60 };
  for (const payment of simulatePayments(options)) {
    const { timeMs, card, merchant, amountMinor } = payment;
    const id = lines.length;
    const time = new Date(timeMs).toISOString().slice(0, 19);
    const amount = (amountMinor / 100).toFixed(2);
    lines.push(`${id},${time},${card.token},${merchant.id},${amount},${id % 12 === 0 ? 1 : 0}`);
  }
  return lines.join('\n');
}

async function rowsOf(path: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(path, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
}

function columnOf(rows: readonly (readonly string[])[], name: string): readonly string[] {
  const index = rows[0]?.indexOf(name) ?? -1;
  return rows.slice(1).map((row) => row[index] ?? '');
}

async function* asTable(rows: readonly (readonly string[])[]): AsyncGenerator<readonly string[]> {
  yield* rows;
}
