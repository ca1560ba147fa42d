import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { DecisionRequest } from '#contracts/decision-request.js';
import { LabelRequest } from '#contracts/outcome-request.js';
import { LabelDesk } from '../simulate/labels.js';
import { LABEL_COLUMNS, labelCsv, PAYMENT_COLUMNS, paymentCsv } from '../simulate/payment-csv.js';
import { simulatePayments } from '../simulate/simulate-payments.js';
import { OfflineEngine } from './offline-engine.js';
import { runReplay } from './replay-command.js';
import { ReplayRecorder } from './replay-recorder.js';
import type { ReplaySettings } from './replay-options.js';

const startMs = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 86_400_000;
const catalogue = `
format: tollgate-features/1
entities:
  card:
    kind: bounded
    key: card
    features:
      card_count_1d: { aggregate: count, window: 1d }
      card_mean_7d: { aggregate: mean, window: 7d }
      card_frauds_7d: { aggregate: fraud_count, window: 7d }
  terminal:
    kind: bounded
    key: terminal_id
    features:
      terminal_count_1h: { aggregate: count, window: 1h }
`;
const ruleset = `
id: small
reason_codes:
  MANY: { message: Many payments, public_message: Please wait a little. }
  ONCE_FRAUD: { message: Fraud before, public_message: Please contact us. }
rules:
  - { id: many-payments, when: card_count_1d >= 3, action: review, reason: MANY, score: 100 }
  - { id: fraud-before, when: card_frauds_7d >= 1, action: decline, reason: ONCE_FRAUD, score: 500 }
policy:
  segments: [{ name: all, decline: 900 }]
  challenge_method: any
  review_hold: true
  stand_in:
    default: { approve_up_to: 1000000, challenge_up_to: 1000000, otherwise: review }
`;

let folder: string;
let settings: ReplaySettings;
const printed: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-replay-'));
  const desk = new LabelDesk(1);
  const rows = [PAYMENT_COLUMNS];
  for (const payment of simulatePayments({
    seed: 3,
    startMs,
    days: 12,
    customers: 200,
    merchants: 60,
  })) {
    desk.record(payment, `t${rows.length}`);
    rows.push(paymentCsv(payment, `t${rows.length}`));
  }
  await writeFile(join(folder, 'tx.csv'), rows.join('\n'));
  const labels = [...desk.due(Number.MAX_SAFE_INTEGER)].map(labelCsv);
  await writeFile(join(folder, 'labels.csv'), [LABEL_COLUMNS, ...labels].join('\n'));
  await writeFile(join(folder, 'features.yaml'), catalogue);
  await writeFile(join(folder, 'ruleset.yaml'), ruleset);
  settings = {
    data: join(folder, 'tx.csv'),
    labels: join(folder, 'labels.csv'),
    catalogue: join(folder, 'features.yaml'),
    ruleset: folder,
    model: false,
    signals: [],
    tokenKey: join(folder, 'token.key'),
    url: 'http://127.0.0.1:1',
    key: 'test',
    concurrency: 16,
  };
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  printed.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

describe('an offline replay', () => {
  test('writes features under their names, and decisions beside them', async () => {
    const out = join(folder, 'features.csv.gz');
    const decisions = join(folder, 'decisions.csv');
    const status = await runReplay({ ...settings, offline: true, features: true, out, decisions });
    expect(status).toBe(0);
    const features = await linesOf(out);
    expect(features[0]).toBe(
      'transaction_id,card_count_1d,card_mean_7d,card_frauds_7d,terminal_count_1h',
    );
    const decided = await linesOf(decisions);
    expect(decided.length).toBe(features.length);
    expect(
      decided.some((line) => line.includes(',decline,') && line.includes('fraud-before')),
    ).toBe(true);
    expect(printed.join('')).toMatch(/value caught: [\d,]+ of [\d,]+ /);
  });

  test('sees in its span what was before it', async () => {
    const [all, late] = [join(folder, 'all.csv'), join(folder, 'late.csv')];
    const from = startMs + 6 * DAY_MS;
    await runReplay({ ...settings, offline: true, features: true, out: all });
    await runReplay({ ...settings, offline: true, features: true, out: late, from });
    const lateLines = await linesOf(late);
    expect(lateLines.slice(1)).toEqual((await linesOf(all)).slice(-(lateLines.length - 1)));
  });

  test('goes on where it was interrupted, and writes the same as one that was not', async () => {
    const [whole, parts] = [join(folder, 'whole.csv.gz'), join(folder, 'parts.csv.gz')];
    await runReplay({ ...settings, offline: true, out: whole });
    const pause = vi.spyOn(ReplayRecorder.prototype, 'pause').mockImplementationOnce(async () => {
      process.emit('SIGINT');
    });
    expect(await runReplay({ ...settings, offline: true, out: parts })).toBe(130);
    pause.mockRestore();
    expect((await linesOf(parts)).length).toBeLessThan((await linesOf(whole)).length);
    expect(await runReplay({ ...settings, offline: true, out: parts, resume: true })).toBe(0);
    expect(await linesOf(parts)).toEqual(await linesOf(whole));
    // Speeds differ; what was counted must not.
    const [first, , resumed] = printed.join('').split(/(?=^[\d,]+ transactions, )/m);
    const table = (report: string | undefined) =>
      /\n\ndecision[^]*?value caught: [^\n]*/.exec(report ?? '')?.[0];
    expect(table(resumed)).toBeDefined();
    expect(table(resumed)).toBe(table(first));
  });

  test('stops at a row that is no request, or leaves it out when told to', async () => {
    const data = join(folder, 'bad.csv');
    await writeFile(data, `transaction_id,event_time,amount.value,amount.currency\na,soon,1,EUR\n`);
    const bad = { ...settings, data, offline: true };
    await expect(runReplay(bad)).rejects.toThrow(/row 1: event_time/);
    expect(await runReplay({ ...bad, skipInvalid: true })).toBe(0);
    expect(printed.join('')).toContain('1 rows left out');
  });
});

describe('a replay through the API', () => {
  let api: FakeApi;
  beforeEach(async () => {
    api = await FakeApi.start();
  });
  afterEach(() => api.stop());

  test('gives the features of the offline replay, row by row', async () => {
    const [offline, online] = [join(folder, 'offline.csv'), join(folder, 'online.csv')];
    await runReplay({ ...settings, offline: true, features: true, out: offline });
    await runReplay({ ...settings, url: api.url, features: true, out: online });
    expect(await linesOf(online)).toEqual(await linesOf(offline));
  });

  test('holds its rate, and repeats what the service was too busy for', async () => {
    const limit = 100;
    const begun = performance.now();
    const out = join(folder, 'paced.csv');
    await runReplay({ ...settings, url: api.url, rate: 1_000, limit, out });
    expect(performance.now() - begun).toBeGreaterThan(90);
    expect((await linesOf(out)).length).toBe(limit + 1);
    expect(printed.join('')).toMatch(/[1-9]\d* repeated/);
  });

  test('says what is missing when the key is refused', async () => {
    api.refuses = true;
    await expect(runReplay({ ...settings, url: api.url })).rejects.toMatchObject({
      advice: expect.stringContaining('replay'),
    });
  });

  test('decides nothing with a key whose times are held to the clock', async () => {
    api.holdsTimes = true;
    await expect(runReplay({ ...settings, url: api.url })).rejects.toMatchObject({
      message: expect.stringContaining('too far from the clock'),
      advice: 'give a key with the scope replay',
    });
    expect(api.decided).toBe(0);
  });
});

/**
 * The decision API as the replay sees it, with answers that take their time: the engine itself,
 * behind HTTP.
 */
class FakeApi {
  refuses = false;
  holdsTimes = false;
  decided = 0;
  private requests = 0;
  private constructor(
    private readonly server: Server,
    private readonly engine: OfflineEngine,
  ) {}

  static async start(): Promise<FakeApi> {
    const engine = await OfflineEngine.open({
      featuresFile: join(folder, 'features.yaml'),
      rulesetFolder: folder,
      listFolder: join(folder, 'no-lists'),
      modelFolder: null,
      pseudonymKey: Buffer.alloc(32, 1),
    });
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(parts).toString());
        void api.answer(request.url ?? '', body).then(({ status, reply }) => {
          response.writeHead(status, { 'retry-after': '0' }).end(JSON.stringify(reply));
        });
      });
    });
    const api = new FakeApi(server, engine);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.engine.close();
  }

  private async answer(path: string, body: unknown): Promise<{ status: number; reply: unknown }> {
    this.requests += 1;
    if (this.refuses) return { status: 403, reply: { code: 'SCOPE_MISSING' } };
    if (this.requests % 50 === 7) return { status: 503, reply: { code: 'OVERLOADED' } };
    // Answers overtake each other, so that only the client's own order keeps payments of a card
    // apart.
    await sleep(this.requests % 3);
    if (path === '/v1/labels') {
      const label = LabelRequest.parse(body);
      this.engine.label(label, Date.parse(label.reported_at ?? ''));
      return { status: 202, reply: {} };
    }
    const request = DecisionRequest.parse(body);
    const isRehearsal = request.options?.dry_run === true;
    return { status: 200, reply: this.replyTo(request, isRehearsal ? {} : this.decide(request)) };
  }

  private decide(request: DecisionRequest): object {
    this.decided += 1;
    const timeMs = Date.parse(request.event_time ?? '');
    const item = { row: 0, request, timeMs, isFraud: null, label: null };
    const counted = this.engine.count(item, this.engine.prepare(item));
    const decided = this.engine.decide(counted, null);
    const { plan } = this.engine;
    const features = Object.fromEntries(
      plan.featureNames.map((name) => {
        const value = counted.prepared.record.numbers[plan.schema.slotOf(name) ?? -1] ?? Number.NaN;
        return [name, Number.isNaN(value) ? null : value];
      }),
    );
    return { decision: decided.decision, features };
  }

  private replyTo({ transaction_id, options }: DecisionRequest, decided: object): unknown {
    const moved = { field: 'event_time', message: 'too far from the clock of this server' };
    return {
      decision_id: '018f3c5e-0000-7000-8000-000000000000',
      transaction_id,
      decision: 'approve',
      risk_score: null,
      fraud_probability: null,
      risk_level: null,
      reasons: [],
      rules: [],
      tags: [],
      model: null,
      policy: { id: 'small', version: '1' },
      feature_set: { version: this.engine.plan.version },
      ...decided,
      degraded: { value: false, level: 'none', causes: [] },
      warnings: this.holdsTimes ? [moved] : [],
      timings: { total_ms: 1, state_ms: 0, model_ms: 0, rules_ms: 0 },
      dry_run: options?.dry_run === true,
      created_at: '2026-01-01T00:00:00.000Z',
    };
  }
}

async function linesOf(path: string): Promise<readonly string[]> {
  const bytes = await readFile(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text.trimEnd().split('\n');
}
