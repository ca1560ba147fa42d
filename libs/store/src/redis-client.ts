import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';

const CONNECT_TIMEOUT_MS = 500;
/** A connection that owes replies for this long is dropped and made anew. */
const SOCKET_TIMEOUT_MS = 1_000;
const RECONNECT_MS_MIN = 50;
const RECONNECT_MS_MAX = 1_000;

/** Exponential with full jitter above the minimum, so that instances do not come back in step. */
function reconnectDelayMs(attempt: number): number {
  const ceiling = Math.min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** Math.min(attempt, 10));
  return RECONNECT_MS_MIN + Math.floor(Math.random() * ceiling);
}

/** Never queue, never retry, never resend: a command is answered in time or refused. */
const options = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  keepAlive: 5_000,
  noDelay: true,
  retryStrategy: reconnectDelayMs,
} as const satisfies RedisOptions;

export interface RedisAddresses {
  /**
   * `redis://`, `rediss://` or `unix:` URLs or a socket's path; several are the seeds of a cluster.
   */
  readonly urls: readonly string[];
}

export type RedisClient =
  | { readonly kind: 'redis'; readonly client: Redis }
  | { readonly kind: 'redis-cluster'; readonly client: Cluster };

/** Starts connecting; commands are refused until a node is ready. */
export function createRedisClient({ urls }: RedisAddresses): RedisClient {
  const [first] = urls;
  if (first === undefined) throw new Error('a Redis address is needed');
  if (urls.length === 1) return { kind: 'redis', client: createSingle(first) };
  const clusterOptions = {
    enableOfflineQueue: false,
    scaleReads: 'master',
    clusterRetryStrategy: reconnectDelayMs,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    redisOptions: withoutRetry(first),
  } as const satisfies ClusterOptions;
  return { kind: 'redis-cluster', client: new Cluster(urls.map(hostOf), clusterOptions) };
}

function createSingle(url: string): Redis {
  if (url.startsWith('/')) return new Redis({ ...options, path: url });
  if (url.startsWith('unix:')) {
    const { pathname, searchParams } = new URL(url);
    return new Redis({ ...options, path: pathname, db: Number(searchParams.get('db') ?? 0) });
  }
  return new Redis(url, options);
}

type ClusterNodeOptions = Omit<typeof options, 'retryStrategy' | 'enableOfflineQueue'> & {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
};

/**
 * The cluster decides itself when to connect a node again. Credentials are those of the first seed.
 */
function withoutRetry(url: string): ClusterNodeOptions {
  const { retryStrategy: _retryStrategy, enableOfflineQueue: _queue, ...rest } = options;
  const { username, password, protocol } = new URL(url);
  return {
    ...rest,
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function hostOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: port === '' ? 6_379 : Number(port) };
}
