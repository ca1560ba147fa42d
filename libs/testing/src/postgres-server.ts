export { hasPostgresServer, PostgresServer } from '#store/postgres/private-postgres.js';
