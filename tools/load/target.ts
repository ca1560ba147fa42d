import { lookup } from 'node:dns/promises';
import { BlockList } from 'node:net';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Sent with each request; null for none. */
  readonly key: string | null;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Where the load goes. Only this machine: a load test aimed at a wrong address is an attack, so
 * every address behind the name has to be a loopback address, and the load goes to the address that
 * was checked.
 */
export async function loopbackTarget(url: string, key: string | null): Promise<Target> {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== 'http:') {
    throw new Error(`${url} is no http URL; give one such as http://127.0.0.1:8080`);
  }
  const name = parsed.hostname.replace(/^\[|\]$/g, '');
  const addresses = await lookup(name, { all: true });
  const foreign = addresses.find(
    ({ address, family }) => !loopback.check(address, family === 6 ? 'ipv6' : 'ipv4'),
  );
  const first = addresses[0];
  if (foreign !== undefined || first === undefined) {
    throw new Error(
      `${name} is not this machine: load is only put on loopback addresses. Run the generator beside the service.`,
    );
  }
  return {
    host: first.address,
    port: parsed.port === '' ? 80 : Number(parsed.port),
    path: '/v1/decisions',
    key,
  };
}
