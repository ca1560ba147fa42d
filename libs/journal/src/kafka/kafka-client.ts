import { readFile } from 'node:fs/promises';
import type { BaseOptions } from '@platformatic/kafka';
import type { KafkaConfig } from '#config/kafka-config.js';

const CONNECT_MS_MAX = 5_000;
/** Longer than any answer that a healthy broker waits with: joining a group, see below. */
const REQUEST_MS_MAX = 20_000;
/** Our own loops try again, and say so; the client bridges what passes by itself. */
const RETRIES = 3;
const RETRY_MS = 250;

/** What every client of the brokers is made with. */
export async function clientOptions(config: KafkaConfig, clientId: string): Promise<BaseOptions> {
  return {
    clientId,
    bootstrapBrokers: config.brokers.map(({ host, port }) => ({ host, port })),
    connectTimeout: CONNECT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    retries: RETRIES,
    retryDelay: RETRY_MS,
    ...(config.tls === null ? {} : { tls: await tlsOf(config.tls), tlsServerName: true }),
    ...(config.sasl === null ? {} : { sasl: saslOf(config.sasl) }),
  };
}

async function tlsOf(tls: NonNullable<KafkaConfig['tls']>): Promise<{ readonly ca?: string }> {
  return tls.caFile === null ? {} : { ca: await readFile(tls.caFile, 'utf8') };
}

function saslOf({
  mechanism,
  username,
  password,
}: NonNullable<KafkaConfig['sasl']>): NonNullable<BaseOptions['sasl']> {
  return { mechanism, username, password: password.reveal() };
}

/** The broker's own name for what went wrong, such as `NOT_ENOUGH_REPLICAS`, for the log. */
export function brokerErrorOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { apiId } = error as { readonly apiId?: unknown };
  if (typeof apiId === 'string') return apiId;
  const inner: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  for (const one of [...inner, error.cause]) {
    const found = brokerErrorOf(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
