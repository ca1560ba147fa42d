import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EmbeddedPostgres } from '#testing/embedded-postgres.js';

const CONNECTIONS = 4;
let postgres: EmbeddedPostgres;
let pool: Pool;
beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  pool = new Pool({ connectionString: postgres.url, max: CONNECTIONS });
});
afterAll(async () => {
  await pool.end();
  await postgres.stop();
});

test('clients that ask at once each get the answer to their own question', async () => {
  // Long enough to come in several pieces, between which others are heard.
  const text = 'x'.repeat(300_000);
  const numbers = Array.from({ length: 80 }, (_, number) => number);
  const answers = await Promise.all(
    numbers.map(async (number) => {
      const sign = number % 2 === 0 ? '' : '-';
      const sql = `SELECT ${sign}length($1::text) AS n`;
      return (await pool.query<{ n: number }>(sql, [text.slice(number)])).rows[0]?.n;
    }),
  );
  expect(answers).toEqual(
    numbers.map((number) => (number % 2 === 0 ? 1 : -1) * (text.length - number)),
  );
});

test('a query that fails leaves the turn to the next', async () => {
  const asked = [1, 2, 3].flatMap((n) => [
    pool.query('SELECT $1::int / 0 AS n', [n]).then(
      () => 'answered',
      () => 'failed',
    ),
    pool.query<{ n: number }>('SELECT $1::int AS n', [n]).then(({ rows }) => rows[0]?.n),
  ]);
  expect(await Promise.all(asked)).toEqual(['failed', 1, 'failed', 2, 'failed', 3]);
});

test('a client that is killed in the middle of a transaction holds up nobody', async () => {
  const client = await pool.connect();
  client.on('error', () => undefined);
  await client.query('BEGIN');
  client.release(new Error('gone'));
  expect((await pool.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
});
