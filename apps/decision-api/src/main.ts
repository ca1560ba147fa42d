import '#config/onnx-telemetry-off.js';
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { loadDecisionApiConfig } from '#config/decision-api-config.js';
import { formatConfigProblems } from '#config/environment.js';
import { nodeProblem } from '#config/node-version.js';
import { SERVICE_VERSION } from '#config/service-version.js';
import { JournalError } from '#journal/journal-error.js';
import { shutDownOnSignals } from '#platform/shutdown.js';
import { Logger } from '#telemetry/logger.js';
import { ArtifactRefused } from './artifacts/policy-in-force.js';
import { createDecisionApi } from './decision-api.js';
import { warmUp } from './decisions/warm-up.js';

async function main(): Promise<void> {
  const problem = nodeProblem();
  if (problem !== null) fail(problem);
  const loaded = loadDecisionApiConfig();
  if (!loaded.ok) fail(formatConfigProblems(loaded.problems));
  const config = loaded.value;
  const log = Logger.create({
    level: config.logLevel,
    service: 'decision-api',
    version: SERVICE_VERSION,
  });
  const { nest, shutdown, parts, service } = await createDecisionApi(config, log);
  shutDownOnSignals(shutdown, () => log.flush());
  log.info('Warmed up', { count: await warmUp(service, parts.clock) });
  await nest.listen(config.port, config.host);
  const { port } = nest.getHttpServer().address() as AddressInfo;
  log.info('Listening', { address: config.host, port, mode: parts.store.kind });
}

function fail(message: string): never {
  process.stderr.write(`decision-api cannot start.\n${message}\n`);
  process.exit(1);
}

try {
  await main();
} catch (error) {
  if (error instanceof ArtifactRefused || error instanceof JournalError) fail(error.message);
  throw error;
}
