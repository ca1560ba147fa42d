import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '../bench/child-service.js';
import { checkAnswers } from './preflight.js';
import { loopbackTarget } from './target.js';

async function outcomeOf(status: number): Promise<string> {
  const server = createServer((request, reply) => {
    request.resume();
    request.once('end', () => reply.writeHead(status, { 'content-length': 0 }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await checkAnswers(await loopbackTarget(`http://localhost:${port}`, 'key'));
    return 'ready';
  } catch (cause) {
    return cause instanceof Error ? cause.message : 'not an error';
  } finally {
    server.close();
  }
}

test.each([
  [200, 'ready'],
  [401, 'give --key'],
  [403, 'give --key'],
  [500, 'answered 500 to a valid request'],
])('a service that answers %d is reported as: %s', async (status, words) => {
  expect(await outcomeOf(status)).toContain(words);
});

test('a service that does not run is named, with how to start it', async () => {
  const target = await loopbackTarget(`http://127.0.0.1:${await freePort()}`, null);
  await expect(checkAnswers(target)).rejects.toThrow(/nothing answers on .* npm start/);
});
