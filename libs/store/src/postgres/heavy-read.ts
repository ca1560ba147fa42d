import type { Pool, PoolClient } from 'pg';

/** Longer than other statements may take: nobody waits for an analysis but the one who asked. */
const TIMEOUT_MS = 120_000;
/** For each sort and hash of one statement. */
const WORK_MEM = '128MB';

/**
 * Runs reads that look at many rows, in a transaction of their own that sees one moment and writes
 * nothing. They take one core: the log is being stored beside them.
 */
export async function heavyRead<T>(
  pool: Pool,
  read: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`
      SELECT set_config('statement_timeout', '${TIMEOUT_MS}', true),
        set_config('work_mem', '${WORK_MEM}', true),
        set_config('max_parallel_workers_per_gather', '0', true),
        set_config('jit', 'off', true)`);
    const result = await read(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // On PGlite the session is everyone's: it must not stay in a failed transaction.
    await client.query('ROLLBACK').catch((cause: unknown) => {
      broken = cause instanceof Error ? cause : new Error(String(cause));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
