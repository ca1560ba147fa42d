import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readRulesetFolder } from '#engine/artifacts/ruleset-folder.js';
import { Logger } from '#telemetry/logger.js';
import { Metrics } from '#telemetry/metrics.js';
import { smallLists, smallPlan, smallRuleset, testPseudonymizer } from '#testing/small-policy.js';
import { ArtifactRefused, PolicyInForce } from './policy-in-force.js';

let root: string;
let lines: string[];
let metrics: Metrics;
let policy: PolicyInForce | null;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'policy-'));
  lines = [];
  metrics = new Metrics();
  policy = null;
  await mkdir(join(root, 'small'));
  await mkdir(join(root, 'lists'));
  await write(smallRuleset);
  for (const { name, text } of smallLists) await writeFile(join(root, 'lists', name), text);
});
afterEach(async () => {
  policy?.close();
  await rm(root, { recursive: true });
});

const write = (text: string) => writeFile(join(root, 'small', 'ruleset.yaml'), text);

async function open(): Promise<PolicyInForce> {
  const log = Logger.create({ level: 'info', service: 'test', write: (line) => lines.push(line) });
  policy = await PolicyInForce.open({
    rulesDir: root,
    ruleset: 'small',
    archiveDir: join(root, 'archive'),
    plan: smallPlan(),
    pseudonymizer: testPseudonymizer,
    log,
    metrics,
  });
  return policy;
}

const archived = () => readdir(join(root, 'archive', 'rulesets'));
const harsher = smallRuleset.replace('decline: 900', 'decline: 800');

test('a wrong ruleset ends the start, with every problem and its place', async () => {
  await write(smallRuleset.replace('card_count_1h', 'card_cuont_1h'));
  await expect(open()).rejects.toThrow(ArtifactRefused);
  await expect(open()).rejects.toThrow(/ruleset small was refused:\nruleset\.yaml:\d+/);
});

test('what decides is kept under its hash, and can be read back as it was', async () => {
  const { current } = await open();
  expect(await archived()).toEqual([current.version]);
  const folder = join(root, 'archive', 'rulesets', current.version);
  const files = await readRulesetFolder(join(folder, 'ruleset'), join(folder, 'lists'));
  expect(files.version).toBe(current.version);
  expect((await stat(join(folder, 'lists', 'blocked_cards.csv'))).mode & 0o077).toBe(0);
});

test('a changed ruleset comes into force and the version before stays in the archive', async () => {
  const opened = await open();
  const first = opened.current;
  await write(harsher);
  await vi.waitFor(() => expect(opened.current.version).not.toBe(first.version), 5_000);
  expect(new Set(await archived())).toEqual(new Set([first.version, opened.current.version]));
  const text = await metrics.registry.metrics();
  expect(text).toContain(`artifact="ruleset",version="${opened.current.version}"} 1`);
  expect(text).not.toContain(first.version);
});

test('a changed list is a new version too', async () => {
  const opened = await open();
  const { version } = opened.current;
  await writeFile(join(root, 'lists', 'blocked_cards.csv'), '# kind: card\nvalue\nother\n');
  await vi.waitFor(() => expect(opened.current.version).not.toBe(version), 5_000);
});

test('a wrong change is told and counted; the version before decides on', async () => {
  const opened = await open();
  const before = opened.current;
  await write(harsher.replace('in_list', 'on_list'));
  await vi.waitFor(() => expect(lines.join('')).toContain('was refused'), 5_000);
  expect(opened.current).toBe(before);
  expect(await metrics.registry.metrics()).toContain(
    'tollgate_reload_failures_total{artifact="ruleset"} 1',
  );
  expect(lines.join('')).toMatch(/"detail":"ruleset\.yaml:\d+:\d+/);
  await write(harsher);
  await vi.waitFor(() => expect(opened.current.version).not.toBe(before.version), 5_000);
});

test('what cannot be archived does not come into force: it could not be recomputed', async () => {
  const opened = await open();
  const { version } = opened.current;
  await rm(join(root, 'archive', 'rulesets'), { recursive: true });
  await writeFile(join(root, 'archive', 'rulesets'), 'a file where a folder should be');
  await write(harsher);
  await vi.waitFor(() => expect(lines.join('')).toContain('was refused'), 5_000);
  expect(opened.current.version).toBe(version);
});

test('once closed it follows no change', async () => {
  const opened = await open();
  const before = opened.current;
  opened.close();
  await write(harsher);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(opened.current).toBe(before);
  expect(await readFile(join(root, 'small', 'ruleset.yaml'), 'utf8')).toBe(harsher);
});
