import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { formatConfigProblems } from '#config/environment.js';
import { loadLogShipperConfig } from '#config/log-shipper-config.js';
import { nodeProblem } from '#config/node-version.js';
import { SERVICE_VERSION } from '#config/service-version.js';
import { shutDownOnSignals } from '#platform/shutdown.js';
import { Logger } from '#telemetry/logger.js';
import { createLogShipper } from './log-shipper.js';

async function main(): Promise<void> {
  const problem = nodeProblem();
  if (problem !== null) fail(problem);
  const loaded = loadLogShipperConfig();
  if (!loaded.ok) fail(formatConfigProblems(loaded.problems));
  const config = loaded.value;
  const { logLevel: level } = config;
  const log = Logger.create({ level, service: 'log-shipper', version: SERVICE_VERSION });
  const { nest, shutdown } = await createLogShipper(config, log);
  shutDownOnSignals(shutdown, () => log.flush());
  await nest.startAllMicroservices();
  await nest.listen(config.port, config.host);
  const { port } = nest.getHttpServer().address() as AddressInfo;
  log.info('Listening', { address: config.host, port });
}

function fail(message: string): never {
  process.stderr.write(`log-shipper cannot start.\n${message}\n`);
  process.exit(1);
}

await main();
