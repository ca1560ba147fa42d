import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { formatConfigProblems, type Loaded } from '#config/environment.js';
import { nodeProblem } from '#config/node-version.js';
import type { ServiceConfig } from '#config/service-config.js';
import { SERVICE_VERSION } from '#config/service-version.js';
import { Logger, type Log } from '#telemetry/logger.js';
import { shutDownOnSignals, type Shutdown } from './shutdown.js';

export interface Service<Config extends ServiceConfig> {
  readonly name: string;
  readonly loadConfig: () => Loaded<Config>;
  /** Puts the service together; not listening yet. */
  readonly create: (
    config: Config,
    log: Log,
  ) => Promise<{ readonly nest: NestFastifyApplication; readonly shutdown: Shutdown }>;
}

/** The process of a service that consumes and answers: from its environment to its last signal. */
export async function runService<Config extends ServiceConfig>(
  service: Service<Config>,
): Promise<void> {
  const { name, loadConfig, create } = service;
  const problem = nodeProblem();
  if (problem !== null) refuse(name, problem);
  const loaded = loadConfig();
  if (!loaded.ok) refuse(name, formatConfigProblems(loaded.problems));
  const { host, port, logLevel: level } = loaded.value;
  const log = Logger.create({ level, service: name, version: SERVICE_VERSION });
  const { nest, shutdown } = await create(loaded.value, log);
  shutDownOnSignals(shutdown, () => log.flush());
  await nest.startAllMicroservices();
  await nest.listen(port, host);
  const { port: taken } = nest.getHttpServer().address() as AddressInfo;
  log.info('Listening', { address: host, port: taken });
}

function refuse(name: string, message: string): never {
  process.stderr.write(`${name} cannot start.\n${message}\n`);
  process.exit(1);
}
