import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import { streamPlan } from '#testing/feature-stream.js';
import { hasRedisServer, RedisCluster, RedisServer } from '#testing/redis-server.js';
import { describeFeatureStore, type ConformanceSubject } from '#testing/store-conformance.js';
import { RedisFeatureStore } from './redis-feature-store.js';

const available = hasRedisServer();

/** A store that starts anew, over emptied servers, at each `clear`. */
async function openSubject(
  urls: readonly string[],
  clients: readonly Redis[],
  use: (subject: ConformanceSubject) => void,
): Promise<void> {
  const store = await RedisFeatureStore.connect({ url: urls, plan: streamPlan() });
  use({
    store,
    clear: async () => {
      await store.close();
      await Promise.all(clients.map((client) => client.flushall()));
      await openSubject(urls, clients, use);
    },
    settle: () => store.flush(),
  });
}

describe.skipIf(!available)('Redis (needs redis-server on PATH)', () => {
  let server: RedisServer;
  let client: Redis;
  let subject: ConformanceSubject;

  beforeAll(async () => {
    server = await RedisServer.start();
    client = server.client();
    await openSubject([server.socketPath], [client], (opened) => {
      subject = opened;
    });
  });

  afterAll(async () => {
    await subject.store.close();
    client.disconnect();
    await server.stop();
  });

  describeFeatureStore('a single server', () => subject);
});

describe.skipIf(!available)('Redis Cluster (needs redis-server on PATH)', () => {
  let cluster: RedisCluster;
  let clients: readonly Redis[];
  let subject: ConformanceSubject;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
    clients = cluster.nodes.map((node) => node.client());
    await openSubject(cluster.urls, clients, (opened) => {
      subject = opened;
    });
  });

  afterAll(async () => {
    await subject.store.close();
    for (const client of clients) client.disconnect();
    await cluster.stop();
  });

  describeFeatureStore('a cluster of three', () => subject);
});
