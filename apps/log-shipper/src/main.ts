import 'reflect-metadata';
import { loadLogShipperConfig } from '#config/log-shipper-config.js';
import { runService } from '#platform/run-service.js';
import { createLogShipper } from './log-shipper.js';

await runService({
  name: 'log-shipper',
  loadConfig: () => loadLogShipperConfig(),
  create: createLogShipper,
});
