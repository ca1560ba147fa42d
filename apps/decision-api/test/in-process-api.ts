import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDecisionApiConfig } from '#config/decision-api-config.js';
import { createApiKey } from '#platform/api-key-admin.js';
import type { Scope } from '#platform/api-key-file.js';
import { Logger } from '#telemetry/logger.js';
import { createDecisionApi, type DecisionApi } from '../src/decision-api.js';

export interface AddedKey {
  readonly id: string;
  readonly text: string;
  readonly signingSecret: string | null;
}

export interface ApiReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; fails where it is none. */
  json(): Record<string, unknown>;
}

export interface SentRequest {
  readonly method?: string;
  readonly key?: AddedKey | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface InProcessApi extends DecisionApi {
  readonly url: string;
  readonly dataDir: string;
  readonly lines: readonly string[];
  send(path: string, request?: SentRequest): Promise<ApiReply>;
  /** Ends the service as SIGTERM does; its data folder stays for a next one. */
  stop(): Promise<void>;
}

/** What a key is made with before the service starts: scopes, and what differs from the default. */
export interface KeyWanted {
  readonly scopes: readonly Scope[];
  readonly rate?: number;
  readonly signed?: boolean;
}

export async function makeDataDir(): Promise<{ dataDir: string; remove: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tollgate-api-'));
  return { dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) };
}

export async function addKey(dataDir: string, wanted: KeyWanted): Promise<AddedKey> {
  const { scopes, rate: ratePerSecond = null, signed = false } = wanted;
  const key = { name: 'tester', scopes, ratePerSecond, signed };
  const created = await createApiKey(join(dataDir, 'api-keys.json'), key, Date.now());
  if (!created.ok) throw new Error(created.problems.join());
  return created.value;
}

/** The whole service in this process, on a free port of loopback; logs are collected. */
export async function startInProcess(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<InProcessApi> {
  const loaded = loadDecisionApiConfig({
    DATA_DIR: dataDir,
    LOG_SAMPLE_RATIO: '1',
    ...environment,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const lines: string[] = [];
  const log = Logger.create({ level: 'debug', service: 'test', write: (line) => lines.push(line) });
  const api = await createDecisionApi(loaded.value, log);
  await api.nest.listen(0, '127.0.0.1');
  const { port } = api.nest.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    ...api,
    url,
    dataDir,
    lines,
    send: (path, request = {}) => send(`${url}${path}`, request),
    stop: async () => {
      await api.shutdown.run('test');
    },
  };
}

async function send(url: string, request: SentRequest): Promise<ApiReply> {
  const { method = 'GET', key = null, body, headers = {} } = request;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === null ? {} : { authorization: `Bearer ${key.text}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: text }),
  });
  const replied = await reply.text();
  return {
    status: reply.status,
    headers: reply.headers,
    text: replied,
    json: () => JSON.parse(replied) as Record<string, unknown>,
  };
}
