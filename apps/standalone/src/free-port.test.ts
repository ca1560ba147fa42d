import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { choosePort } from './free-port.js';

const host = '127.0.0.1';
let blocker: Server | null = null;

afterEach(() => blocker?.close());

function occupy(): Promise<number> {
  return new Promise((resolve) => {
    blocker = createServer().listen(0, host, () => {
      const address = blocker?.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

test('a free port is taken as it is', async () => {
  const port = await occupy();
  await new Promise((resolve) => blocker?.close(resolve));
  expect(await choosePort({ host, port, isGiven: true, variable: 'PORT' })).toEqual({
    ok: true,
    port,
  });
});

test('the default port gives way to the next free one', async () => {
  const port = await occupy();
  const chosen = await choosePort({ host, port, isGiven: false, variable: 'PORT' });
  expect(chosen).toMatchObject({ ok: true });
  expect(chosen.ok && chosen.port).toBeGreaterThan(port);
});

test('a port that the user named and that is in use is an error with the way out', async () => {
  const port = await occupy();
  expect(await choosePort({ host, port, isGiven: true, variable: 'PORT' })).toEqual({
    ok: false,
    problem: `port ${port} is in use; name another: PORT=9090 npm start`,
  });
});

test('port 0 takes any free port', async () => {
  const chosen = await choosePort({ host, port: 0, isGiven: true, variable: 'PORT' });
  expect(chosen.ok && chosen.port).toBeGreaterThan(0);
});
