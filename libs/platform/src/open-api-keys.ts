import type { Log } from '#telemetry/logger.js';
import type { Metrics } from '#telemetry/metrics.js';
import { ApiKeyRing } from './api-key-ring.js';

/** Without keys a service starts and refuses every call: a key that is added later is taken. */
export async function openApiKeys(file: string, log: Log, metrics: Metrics): Promise<ApiKeyRing> {
  const onRefused = (): void => metrics.reloadFailed('api_keys');
  const { ring, read } = await ApiKeyRing.open({ file, log, onRefused });
  if (read.ok) return ring;
  const detail = read.problems.join('; ');
  if (read.missing) {
    log.warn('There are no API keys yet; every call is refused', { file, detail });
  } else {
    onRefused();
    log.error('The file of API keys was refused; every call is refused', { file, detail });
  }
  return ring;
}
