import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { binaryArray } from './binary-array.js';
import type { LogBatch, LogRecord } from './log-batch.js';
import { logTables, type LogTable } from './log-tables.js';

/*
 * Arrays of columns, unnested into rows: the statement is the same for any number of rows. A row
 * that is there already came from the same record, so it is left as it is.
 */
const INSERT = insertStatement(logTables);

/**
 * The statement is prepared once a connection: planning it takes as long as storing some ten rows.
 * Its name differs by connection, because all connections to PGlite are one session.
 */
const preparedNames = new WeakMap<PoolClient, string>();

/**
 * Writes a batch and the positions behind it, whole or not at all.
 *
 * @param lasts  The last record of each source that the batch has records of.
 */
export async function insertBatch(
  pool: Pool,
  batch: LogBatch,
  lasts: readonly LogRecord[],
): Promise<void> {
  const columns = logTables.flatMap((table) => {
    const rows = table.rows(batch);
    return table.columns.map(([, type], nth) =>
      binaryArray(
        type,
        rows.map((row) => row[nth] ?? null),
      ),
    );
  });
  const positions = [
    binaryArray(
      'text',
      lasts.map(({ source }) => source),
    ),
    binaryArray(
      'bigint',
      lasts.map(({ sequence }) => sequence),
    ),
    binaryArray(
      'bigint',
      lasts.map(({ timeMs }) => timeMs),
    ),
  ];
  const values = [...columns, ...positions];
  const client = await pool.connect();
  // A connection that is lost rejects the query too; without a listener it would end the process.
  const onLost = (): void => undefined;
  client.on('error', onLost);
  let failure: Error | undefined;
  try {
    await client.query({ name: preparedNameOf(client), text: INSERT, values });
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    client.off('error', onLost);
    client.release(failure);
  }
}

function preparedNameOf(client: PoolClient): string {
  const name = preparedNames.get(client) ?? `log_${randomUUID()}`;
  preparedNames.set(client, name);
  return name;
}

function insertStatement(tables: readonly LogTable[]): string {
  let parameters = 0;
  const next = (): string => {
    parameters += 1;
    return `$${parameters}`;
  };
  const inserts = tables.map(({ name, columns }) => {
    const names = columns.map(([column]) => column).join(', ');
    const arrays = columns.map(([, type]) => `${next()}::${type}[]`).join(', ');
    return `${name}_rows AS (
      INSERT INTO ${name} (${names}) SELECT * FROM unnest(${arrays}) ON CONFLICT DO NOTHING)`;
  });
  return `WITH ${inserts.join(', ')}
    INSERT INTO log_positions (source, sequence, time_ms, stored_at)
    SELECT *, now() FROM unnest(${next()}::text[], ${next()}::bigint[], ${next()}::bigint[])
    ON CONFLICT (source) DO UPDATE SET
      sequence = excluded.sequence, time_ms = excluded.time_ms, stored_at = excluded.stored_at`;
}
