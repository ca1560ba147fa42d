import 'reflect-metadata';
import { loadExperimentsConfig } from '#config/experiments-config.js';
import { runService } from '#platform/run-service.js';
import { createExperiments } from './experiments.js';

await runService({
  name: 'experiments',
  loadConfig: () => loadExperimentsConfig(),
  create: createExperiments,
});
