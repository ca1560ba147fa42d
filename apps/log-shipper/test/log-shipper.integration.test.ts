import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Journal } from '#journal/journal.js';
import { KafkaBroker, missingForKafka } from '#testing/kafka-broker.js';
import { decisionRecord, labelRecord } from '#testing/log-records.js';
import { freePort } from '#testing/redis-server.js';
import { missingBuildOf, ServiceProcess } from '#testing/service-process.js';

const missing = missingBuildOf('log-shipper');
const WAIT = { timeout: 20_000, interval: 50 };

describe.skipIf(missing !== '')(`the service log-shipper${missing}`, () => {
  let folder: string;
  const started: ServiceProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-shipper-'));
  });
  afterEach(async () => {
    for (const service of started.splice(0)) await service.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function write(from: number, to: number): Promise<void> {
    const journal = await Journal.open({
      folder: join(folder, 'journal'),
      mode: 'write',
      nowMs: () => Date.now(),
    });
    for (let sequence = from; sequence < to; sequence += 1) {
      await journal.append('decision', decisionRecord(sequence).text);
    }
    await journal.append('label', labelRecord(to, `t-${from}`).text);
    await journal.close();
  }

  async function start(brokers: string): Promise<ServiceProcess> {
    const environment = { DATA_DIR: folder, KAFKA_BROKERS: brokers };
    const service = await ServiceProcess.start('log-shipper', 'none', environment);
    started.push(service);
    await service.ready();
    return service;
  }

  const shows = (service: ServiceProcess, lines: readonly string[]): Promise<void> =>
    vi.waitFor(async () => {
      const { body } = await service.client.get('/metrics');
      for (const line of lines) expect(body).toContain(line);
    }, WAIT);

  test('waits for brokers that are away, says so, and ends when it is told', async () => {
    await write(1, 5);
    const service = await start(`127.0.0.1:${await freePort()}`);
    await vi.waitFor(async () => {
      const { body } = await service.client.get('/health/ready');
      expect(JSON.parse(body)).toEqual({ status: 'degraded', checks: { kafka: 'down' } });
    }, WAIT);
    await shows(service, ['tollgate_ship_retries_total']);
    expect(await service.end('SIGTERM')).toBe(0);
  });

  const withoutKafka = missingForKafka();
  test.skipIf(withoutKafka !== '')(
    `ships what was written, and goes on where it stood${withoutKafka}`,
    async () => {
      const broker = await KafkaBroker.start();
      try {
        await write(1, 20);
        const first = await start(broker.address);
        await shows(first, [
          'tollgate_ship_records_total{kind="decision"} 19',
          'tollgate_ship_records_total{kind="label"} 1',
          'tollgate_ship_lag_seconds 0',
        ]);
        expect(await first.end('SIGTERM')).toBe(0);
        await write(21, 30);
        const second = await start(broker.address);
        await shows(second, ['tollgate_ship_records_total{kind="decision"} 9']);
        await broker.kill();
        await write(31, 40);
        await shows(second, ['tollgate_ship_retries_total 1']);
        expect(await second.end('SIGTERM')).toBe(0);
      } finally {
        await broker.stop();
      }
    },
  );
});
