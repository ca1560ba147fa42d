import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { formatConfigProblems } from '#config/environment.js';
import { loadExperimentsConfig } from '#config/experiments-config.js';
import { nodeProblem } from '#config/node-version.js';
import { SERVICE_VERSION } from '#config/service-version.js';
import { shutDownOnSignals } from '#platform/shutdown.js';
import { Logger } from '#telemetry/logger.js';
import { createExperiments } from './experiments.js';

async function main(): Promise<void> {
  const problem = nodeProblem();
  if (problem !== null) fail(problem);
  const loaded = loadExperimentsConfig();
  if (!loaded.ok) fail(formatConfigProblems(loaded.problems));
  const config = loaded.value;
  const { logLevel: level } = config;
  const log = Logger.create({ level, service: 'experiments', version: SERVICE_VERSION });
  const { nest, shutdown } = await createExperiments(config, log);
  shutDownOnSignals(shutdown, () => log.flush());
  await nest.startAllMicroservices();
  await nest.listen(config.port, config.host);
  const { port } = nest.getHttpServer().address() as AddressInfo;
  log.info('Listening', { address: config.host, port });
}

function fail(message: string): never {
  process.stderr.write(`experiments cannot start.\n${message}\n`);
  process.exit(1);
}

await main();
