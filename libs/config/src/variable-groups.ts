// The headings of docs/reference/configuration.md.
export const server = 'Server';
export const security = 'Security';
export const latency = 'Deadlines and load';
export const state = 'State';
export const artifacts = 'Rules and models';
export const journal = 'Journal';
export const log = 'Log in Postgres';
export const kafka = 'Log through Kafka';
export const telemetry = 'Logs, metrics, traces';
