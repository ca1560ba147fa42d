import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { formatConfigProblems } from '#config/environment.js';
import { loadStandaloneConfig, type StandaloneConfig } from '#config/standalone-config.js';
import { formatBanner } from './banner.js';
import { chooseDatabaseBackend, type DatabaseBackend } from './database-backend.js';
import { provideDemoKey, type DemoKey } from './demo-key.js';
import { choosePort } from './free-port.js';
import { decisionApiProcess, experimentsProcess, logShipperProcess } from './services.js';
import { shortSocketPath } from '#platform/short-socket-path.js';
import { holdInstance } from './single-instance.js';
import { chooseStateBackend, type StateBackend } from './state-backend.js';
import type { StartResult, SupervisedProcess } from './supervised-process.js';

const IN_ITS_LINES = 'its own lines above say why';

/** A reason not to start that the user can do something about. */
class StartRefused extends Error {}
/** Asked to stop before everything was up. */
class StartAbandoned extends Error {}

/**
 * What answers and reads, in the order it stops: decisions end first, and what they wrote is still
 * read; after all of them goes what they stand on.
 */
const services: SupervisedProcess[] = [];
const servers: SupervisedProcess[] = [];
let holder: Server | null = null;
let stopping: Promise<void> | null = null;

function tell(line: string): void {
  process.stderr.write(`tollgate: ${line}\n`);
}

/** Once, however often it is asked for. */
function stopAll(): Promise<void> {
  stopping ??= (async () => {
    for (const part of [...services, ...servers]) await part.stop();
    holder?.close();
  })();
  return stopping;
}

async function main(): Promise<void> {
  const startedAtMs = performance.now();
  const loaded = loadStandaloneConfig();
  if (!loaded.ok) throw new StartRefused(formatConfigProblems(loaded.problems));
  const config = loaded.value;
  const dataDir = resolve(config.service.dataDir);
  await holdDataDir(dataDir);

  const { port, address } = await ownPort(config, 'PORT');
  const key = await demoKey(config, dataDir);

  const state = await chooseStateBackend(config, dataDir, tell);
  if (state.process !== null) {
    const where = `its log is ${displayPath(join(dataDir, 'redis', 'redis.log'))}`;
    await startOrRefuse(state.process, servers, where);
  }
  const database = await chooseDatabaseBackend(config, dataDir, tell);
  const databaseUrl = database?.databaseUrl ?? null;
  const options = { config, address, port, redisUrl: state.redisUrl, databaseUrl, tell };
  await startOrRefuse(decisionApiProcess(options), services, IN_ITS_LINES);
  await startLogShipper(config, port);
  const logPlace = database === null ? null : await startExperiments(config, database);

  const startMs = performance.now() - startedAtMs;
  const parts = { config, address, dataDir, key, state, logPlace, startMs };
  process.stdout.write(formatBanner(bannerFacts(parts)));
}

async function startLogShipper(config: StandaloneConfig, decisionPort: number): Promise<void> {
  if (config.kafkaTopic === null) return;
  const { port, address } = await ownPort(config, 'LOG_SHIPPER_PORT');
  const options = { config, address, port, decisionPort, tell };
  await startOrRefuse(logShipperProcess(options), services, IN_ITS_LINES);
}

/** Where the log is kept and read; null where it stays in the journal. */
interface LogPlace {
  readonly database: DatabaseBackend;
  readonly address: string;
}

/** After decision-api, which waits for neither: decisions are made while the database starts. */
async function startExperiments(
  config: StandaloneConfig,
  database: DatabaseBackend,
): Promise<LogPlace> {
  if (database.process !== null) {
    await startOrRefuse(database.process, servers, IN_ITS_LINES);
  }
  const { port, address } = await ownPort(config, 'EXPERIMENTS_PORT');
  const options = { config, address, port, databaseUrl: database.databaseUrl, tell };
  await startOrRefuse(experimentsProcess(options), services, IN_ITS_LINES);
  return { database, address };
}

async function holdDataDir(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  holder = await holdInstance(shortSocketPath(dataDir, 'standalone.sock'));
  if (holder === null) {
    throw new StartRefused(
      `Tollgate already runs on ${dataDir}; stop it, or name another folder: DATA_DIR=./.data-2 npm start`,
    );
  }
}

/** The port of a service, and the address that it is called at from here. */
async function ownPort(
  config: StandaloneConfig,
  variable: 'PORT' | 'EXPERIMENTS_PORT' | 'LOG_SHIPPER_PORT',
): Promise<{ readonly port: number; readonly address: string }> {
  const { host } = config.service;
  const wanted = { host, variable, ...wantedPort(config, variable) };
  const chosen = await choosePort(wanted);
  if (!chosen.ok) throw new StartRefused(chosen.problem);
  if (!wanted.isGiven && chosen.port !== wanted.port) {
    tell(`port ${wanted.port} is in use: taking ${chosen.port}`);
  }
  return { port: chosen.port, address: `http://${urlHost(host)}:${chosen.port}` };
}

function wantedPort(
  config: StandaloneConfig,
  variable: 'PORT' | 'EXPERIMENTS_PORT' | 'LOG_SHIPPER_PORT',
): { readonly port: number; readonly isGiven: boolean } {
  switch (variable) {
    case 'PORT':
      return { port: config.service.port, isGiven: config.portIsGiven };
    case 'EXPERIMENTS_PORT':
      return { port: config.experimentsPort, isGiven: config.experimentsPortIsGiven };
    case 'LOG_SHIPPER_PORT':
      return { port: config.shipperPort, isGiven: config.shipperPortIsGiven };
  }
}

async function demoKey(config: StandaloneConfig, dataDir: string): Promise<DemoKey> {
  const place = {
    demoKeyFile: join(dataDir, 'demo-key'),
    apiKeysFile: resolve(config.service.apiKeysFile),
  };
  const key = await provideDemoKey(place, Date.now());
  if (key.kind === 'unusable') {
    throw new StartRefused(`${place.apiKeysFile} cannot be used: ${key.problems.join('; ')}`);
  }
  return key;
}

/**
 * @param kind Where it waits to be stopped.
 * @param why Where it says why it does not start.
 */
async function startOrRefuse(
  part: SupervisedProcess,
  kind: SupervisedProcess[],
  why: string,
): Promise<void> {
  if (stopping !== null) throw new StartAbandoned();
  kind.push(part);
  const started: StartResult = await part.start();
  if (started.ok) return;
  if (started.cause === 'stopped') throw new StartAbandoned();
  const what = started.cause === 'exited' ? 'ended while starting' : 'did not become ready in time';
  throw new StartRefused(`${part.name} ${what}; ${why}`);
}

function bannerFacts(parts: {
  readonly config: StandaloneConfig;
  readonly address: string;
  readonly dataDir: string;
  readonly key: DemoKey;
  readonly state: StateBackend;
  readonly logPlace: LogPlace | null;
  readonly startMs: number;
}): Parameters<typeof formatBanner>[0] {
  const { config, address, dataDir, key, state, logPlace, startMs } = parts;
  const { service } = config;
  return {
    address,
    apiKey: key.kind === 'usable' ? key.text : null,
    apiKeyFile: displayPath(join(dataDir, 'demo-key')),
    state: state.description,
    database: logPlace?.database.description ?? 'none: decisions stay in the journal',
    decisions: logPlace === null ? null : `${logPlace.address}/v1/decisions`,
    rules: join(service.rulesDir, service.ruleset),
    model: service.modelDir === null ? 'none' : join(service.modelDir, service.modelVersion ?? ''),
    journal: `${service.journal.folder} (answers after the ${service.journal.mode})`,
    log: config.kafkaTopic === null ? null : `to Kafka, topic ${config.kafkaTopic}`,
    startMs,
  };
}

/** Relative where that is shorter to read. */
function displayPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** An address of every interface cannot be called; this machine's own can. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping === null) tell('stopping: requests in flight are answered first');
    void stopAll().then(() => process.exit(0));
  });
}

try {
  await main();
} catch (error) {
  await stopAll();
  // Where a signal abandoned the start, its handler ends the process.
  if (!(error instanceof StartAbandoned)) {
    const text = error instanceof StartRefused ? error.message : String((error as Error).stack);
    process.stderr.write(`\ntollgate: ${text}\n`);
    process.exit(1);
  }
}
