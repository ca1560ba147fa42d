import { z } from 'zod';

/** A whole number written in decimal digits, in [minimum, maximum]. */
export function wholeNumber(minimum: number, maximum: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum));
}

/** A decimal number in [0, 1]. */
export const ratio: z.ZodType<number, string> = z
  .string()
  .regex(/^(0|1|0?\.\d{1,12}|0\.\d{1,12}|1\.0+)$/)
  .transform(Number)
  .pipe(z.number().min(0).max(1));

export const text: z.ZodType<string, string> = z.string().min(1).max(4096);

/** A name that also serves as the name of a file or a folder: no separators, no dot in front. */
export const fileSafeName: z.ZodType<string, string> = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);

export const httpUrl: z.ZodType<string, string> = z.url({ protocol: /^https?$/ });

export const NO_DATABASE = 'none';

/** With a host, or a folder of sockets as `?host=/path`; or `none`. */
export const postgresUrl: z.ZodType<string, string> = z
  .string()
  .refine((value) => value === NO_DATABASE || isPostgresUrl(value));

function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol);
}

const KEY_BYTES_MIN = 32;

/** At least 256 bits, in hexadecimal or base64 (also the URL-safe alphabet). */
export const secretKey: z.ZodType<Buffer, string> = z
  .string()
  .transform((value) =>
    /^(?:[0-9a-fA-F]{2})+$/.test(value)
      ? Buffer.from(value, 'hex')
      : /^[A-Za-z0-9+/_-]+={0,2}$/.test(value)
        ? Buffer.from(value, 'base64')
        : Buffer.alloc(0),
  )
  .refine((key) => key.length >= KEY_BYTES_MIN);

export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  | { readonly kind: 'cluster'; readonly urls: readonly string[] };

function isRedisAddress(address: string): boolean {
  if (address.startsWith('/')) {
    return true;
  }
  return URL.canParse(address) && /^(redis|rediss|unix):$/.test(new URL(address).protocol);
}

/** One address is a single server; a comma-separated list is the seeds of a cluster. */
export const redisTarget: z.ZodType<RedisTarget, string> = z
  .string()
  .transform((value) => value.split(',').map((address) => address.trim()))
  .refine((addresses) => addresses.every(isRedisAddress))
  .refine((addresses) => addresses.length === 1 || addresses.every((a) => /^rediss?:/.test(a)))
  .transform((addresses): RedisTarget =>
    addresses.length === 1
      ? { kind: 'single', url: addresses[0] ?? '' }
      : { kind: 'cluster', urls: addresses },
  );

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port` with commas; an IPv6 address stands in brackets. */
export const serverList: z.ZodType<readonly ServerAddress[], string> = z
  .string()
  .transform((value) => value.split(',').map((address) => serverAddress(address.trim())))
  .refine((servers) => servers.every((server) => server !== null))
  .transform((servers) => servers.filter((server) => server !== null));

function serverAddress(address: string): ServerAddress | null {
  const [, bracketed, plain, digits] =
    /^(?:\[([^\]\s]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

/** Any name that Kafka's client and tools can carry: no spaces. */
export const kafkaName: z.ZodType<string, string> = z.string().regex(/^\S{1,255}$/);

/** The brokers take no other; `.` and `..` are no names. */
export const kafkaTopic: z.ZodType<string, string> = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/);
