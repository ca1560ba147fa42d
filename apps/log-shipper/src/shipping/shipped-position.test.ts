import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ShippedPosition } from './shipped-position.js';

let folder: string;
let errors: unknown[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-shipped-'));
  errors = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (file = 'shipped.json'): ShippedPosition =>
  new ShippedPosition(join(folder, file), (error) => errors.push(error));

test('what was shipped is known to the next start, for that topic only', async () => {
  const first = open();
  expect(await first.read('topic-1')).toBeNull();
  first.advance('topic-1', { sequence: 41, timeMs: 1_000 });
  first.advance('topic-1', { sequence: 42, timeMs: 1_001 });
  await first.close();
  const second = open();
  expect(await second.read('topic-1')).toEqual({ sequence: 42, timeMs: 1_001 });
  expect(await second.read('topic-2')).toBeNull();
  await second.close();
  expect(errors).toEqual([]);
});

test.each(['', '{"topic_id":"topic-1","seq', '{"topic_id":"topic-1","sequence":-1,"time_ms":1}'])(
  'a file of "%s" counts as none',
  async (text) => {
    await writeFile(join(folder, 'shipped.json'), text);
    const position = open();
    expect(await position.read('topic-1')).toBeNull();
    await position.close();
  },
);

test('a file that cannot be written is reported', async () => {
  const position = open('no-folder/shipped.json');
  position.advance('topic-1', { sequence: 1, timeMs: 1 });
  await position.close();
  expect(errors).toHaveLength(1);
});
