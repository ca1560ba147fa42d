/** SQLSTATE classes of a server that cannot work now: connection, resources, operator, system. */
const AWAY = /^(08|53|57|58)/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Whether a query failed because of the state of the server, and may succeed later as it is. */
export function isDatabaseAway(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  // Without a SQLSTATE it failed on its way: refused, reset, timed out.
  return typeof code !== 'string' || !SQLSTATE.test(code) || AWAY.test(code);
}
