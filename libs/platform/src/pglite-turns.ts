import type { PGlite } from '@electric-sql/pglite';

const SYNC = 0x53;
const SIMPLE_QUERY = 0x51;

/**
 * PGlite for its socket server, so that its clients take turns by whole queries.
 *
 * All clients are one session, and the server queues their messages one by one. Of a query that
 * comes in several pieces, another client's Parse could replace the unnamed statement before its
 * Bind, and the first would get the answer to the second. While a transaction is open, though, the
 * server lets only its client speak; so a query whose Sync has not come yet counts as one.
 */
export function takingTurns(database: PGlite): PGlite {
  let hasBegun = false;
  const exec: PGlite['exec'] = (...args) => {
    // How the server ends what a client that is gone had begun.
    hasBegun = false;
    return database.exec(...args);
  };
  const execProtocolRawStream: PGlite['execProtocolRawStream'] = (message, options) => {
    const type = message[0];
    hasBegun = type !== SYNC && type !== SIMPLE_QUERY;
    return database.execProtocolRawStream(message, options);
  };
  const isInTransaction = (): boolean => hasBegun || database.isInTransaction();
  const own: Partial<PGlite> = { exec, execProtocolRawStream, isInTransaction };
  return new Proxy(database, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown;
      const value: unknown = Reflect.get(target, name, target);
      // Its methods reach private fields, which a proxy does not have.
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
