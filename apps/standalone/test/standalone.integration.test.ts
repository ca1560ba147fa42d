import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const main = join(root, 'dist/apps/standalone/src/main.js');
const RESTART_WAIT = { timeout: 20_000, interval: 50 };

let dataDir: string;
const started: ChildProcess[] = [];

beforeAll(() => {
  const setup = spawnSync(process.execPath, [join(root, 'tools/bootstrap/run.mjs'), 'setup']);
  if (setup.status !== 0) throw new Error(setup.stderr.toString());
});

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tollgate-standalone-'));
});

afterEach(async () => {
  for (const child of started.splice(0)) await end(child, 'SIGTERM');
  rmSync(dataDir, { recursive: true, force: true });
});

/** Sends a signal, and gives the exit code. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }
  return child.exitCode;
}

interface Supervisor {
  readonly child: ChildProcess;
  readonly output: () => string;
}

function launch(environment: Record<string, string> = {}): Supervisor {
  const child = spawn(process.execPath, [main], {
    cwd: root,
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0', ...environment },
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  started.push(child);
  return { child, output: () => stripVTControlCharacters(output) };
}

interface Running extends Supervisor {
  readonly address: string;
  readonly key: string;
}

async function launchUntilReady(environment: Record<string, string> = {}): Promise<Running> {
  const supervisor = launch(environment);
  while (!supervisor.output().includes('Ctrl-C stops it.')) {
    if (supervisor.child.exitCode !== null) throw new Error(supervisor.output());
    await new Promise((done) => setTimeout(done, 20));
  }
  const [, address = ''] = /Address +(\S+)/.exec(supervisor.output()) ?? [];
  const [, key = ''] = /API key +(\S+)/.exec(supervisor.output()) ?? [];
  return { ...supervisor, address, key };
}

function decide({ address, key }: Running, transactionId: string): Promise<Response> {
  return fetch(`${address}/v1/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      transaction_id: transactionId,
      amount: { value: 4_999, currency: 'EUR' },
      payment_method: { type: 'card', token: 'tok_test' },
    }),
  });
}

/** Process ids by the Linux process table, of children whose command line holds a text. */
function childPids(parent: ChildProcess, text: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return status.includes(`\nPPid:\t${parent.pid}\n`) && command.includes(text);
      } catch {
        return false; // it ended while we looked
      }
    })
    .map(Number);
}

test('the start prints an address and a key with which a payment is decided', async () => {
  const running = await launchUntilReady();
  const reply = await decide(running, 'first');
  expect(reply.status).toBe(200);
  expect(await reply.json()).toMatchObject({
    transaction_id: 'first',
    decision: expect.stringMatching(/^(approve|challenge|review|decline)$/),
    degraded: { value: false },
  });
});

test('SIGTERM stops everything, with exit code 0 and no complaint since the start', async () => {
  const running = await launchUntilReady();
  expect(await end(running.child, 'SIGTERM')).toBe(0);
  // The log's lines are JSON.
  expect(
    running
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{')),
  ).toEqual([]);
  await expect(fetch(running.address)).rejects.toThrow('fetch failed');
});

test('a later start shows the same key', async () => {
  const first = await launchUntilReady();
  await end(first.child, 'SIGTERM');
  const second = await launchUntilReady();
  expect(second.key).toBe(first.key);
  expect((await decide(second, 'after-restart')).status).toBe(200);
});

test.skipIf(process.platform !== 'linux')(
  'a decision-api that is killed is back by itself',
  async () => {
    const running = await launchUntilReady();
    const [pid = 0] = childPids(running.child, 'decision-api');
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => {
      expect(running.output()).toMatch(/decision-api is back after \d+ ms/);
    }, RESTART_WAIT);
    expect((await decide(running, 'after-kill')).status).toBe(200);
  },
);

test.skipIf(process.platform !== 'linux')(
  'after a supervisor that was killed, the next start finds everything free',
  async () => {
    const first = await launchUntilReady();
    const port = new URL(first.address).port;
    await end(first.child, 'SIGKILL');
    await vi.waitFor(async () => {
      await expect(fetch(first.address)).rejects.toThrow('fetch failed');
    }, RESTART_WAIT);
    const second = await launchUntilReady({ PORT: port });
    expect((await decide(second, 'after-supervisor-kill')).status).toBe(200);
  },
);

test.skipIf(process.platform !== 'linux')(
  'with brokers named the log is shipped to Kafka, and decisions do not wait for it',
  async () => {
    const running = await launchUntilReady({ KAFKA_BROKERS: '127.0.0.1:9' });
    expect(running.output()).toContain('to Kafka, topic tollgate.log');
    expect(childPids(running.child, 'log-shipper')).toHaveLength(1);
    expect((await decide(running, 'brokers-away')).status).toBe(200);
    expect(await end(running.child, 'SIGTERM')).toBe(0);
  },
);

test('a second start on the same data folder is refused', async () => {
  await launchUntilReady();
  const second = launch();
  await vi.waitFor(() => expect(second.child.exitCode).toBe(1), RESTART_WAIT);
  expect(second.output()).toContain(`Tollgate already runs on ${dataDir}`);
});

test('a port that the user named and that is in use is refused, with the way out', async () => {
  const blocker = createServer();
  const port = await new Promise<number>((done) => {
    blocker.listen(0, '127.0.0.1', () => {
      const address = blocker.address();
      done(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const supervisor = launch({ PORT: String(port) });
  await vi.waitFor(() => expect(supervisor.child.exitCode).toBe(1), RESTART_WAIT);
  expect(supervisor.output()).toContain(
    `port ${port} is in use; name another: PORT=9090 npm start`,
  );
  blocker.close();
});

test('a setting that cannot be used stops the start, by name', async () => {
  const supervisor = launch({ DEADLINE_MS: 'soon' });
  await vi.waitFor(() => expect(supervisor.child.exitCode).toBe(1), RESTART_WAIT);
  expect(supervisor.output()).toContain('DEADLINE_MS must be a whole number from 5 to 1000');
});

test('without a Redis the start says that the state is in memory, and why', async () => {
  const running = await launchUntilReady({ PATH: '/nonexistent' });
  expect(running.output()).toContain(
    'in the memory of decision-api, lost at its end (no redis-server or valkey-server on PATH)',
  );
  expect((await decide(running, 'in-memory')).status).toBe(200);
});
