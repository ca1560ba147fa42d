import { Connection, type Reply } from './connection.js';
import { payloadMaker, payloadWorld } from './payload.js';
import type { Target } from './target.js';

const TIMEOUT_MS = 5_000;

/**
 * Asks for one decision before the run, so that a wrong key or a stopped service ends with what to
 * do.
 */
export async function checkAnswers(target: Target): Promise<void> {
  const runId = `pre-${Date.now().toString(36)}`;
  const body = payloadMaker({ world: payloadWorld(1), seed: 1, runId, hotCardShare: 0 })();
  const connection = new Connection(target, TIMEOUT_MS);
  const { status } = await new Promise<Reply>((resolve) => connection.send(body, resolve));
  connection.close();
  if (status === 200) return;
  const where = `${target.host}:${target.port}`;
  if (status === 0)
    throw new Error(`nothing answers on ${where}: start it with npm start, or give --url`);
  if (status === 401 || status === 403) {
    throw new Error(
      `${where} refuses the API key (${status}): give --key, one from npm run keys -- create with the scope "decide"`,
    );
  }
  throw new Error(`${where} answered ${status} to a valid request: look into its log first`);
}
