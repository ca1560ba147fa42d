import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DecisionRecord } from '#contracts/journal-record.js';
import { degrade, notDegraded } from '#decision/degradation.js';
import { computeFeatures } from '#features/vector.js';
import {
  parsedRequest,
  smallCatalogue,
  smallLists,
  smallPlan,
  smallPolicy,
  smallRuleset,
  testPseudonymizer,
} from '#testing/small-policy.js';
import { readRulesetFolder } from './artifacts/ruleset-folder.js';
import { composeReply } from './compose-reply.js';
import { decisionRecordJson } from './decision-record-json.js';
import { judge } from './judge.js';
import { prepareTransaction } from './prepare.js';
import { Recomputer } from './recompute.js';

let archiveDir: string;
let rulesetVersion: string;
const featuresVersion = createHash('sha256').update(smallCatalogue).digest('hex');
const plan = smallPlan(featuresVersion);
const policy = smallPolicy(plan);

beforeAll(async () => {
  archiveDir = await mkdtemp(join(tmpdir(), 'recompute-'));
  const folder = join(archiveDir, 'rulesets', 'new');
  for (const name of ['ruleset', 'lists']) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'ruleset', 'ruleset.yaml'), smallRuleset);
  for (const { name, text } of smallLists) await writeFile(join(folder, 'lists', name), text);
  const files = await readRulesetFolder(join(folder, 'ruleset'), join(folder, 'lists'));
  rulesetVersion = files.version;
  await rename(folder, join(archiveDir, 'rulesets', rulesetVersion));
  await mkdir(join(archiveDir, 'features'));
  await writeFile(join(archiveDir, 'features', `${featuresVersion}.yaml`), smallCatalogue);
});
afterAll(() => rm(archiveDir, { recursive: true }));

/** A decision without a model, recorded as the service records it. */
function recorded(change: Record<string, unknown> = {}): DecisionRecord {
  const request = parsedRequest(change);
  const prepared = prepareTransaction(plan, testPseudonymizer, request, 0);
  computeFeatures(plan, prepared.record, [], 0);
  const degradation = degrade(notDegraded, 'rules_only', 'MODEL_UNAVAILABLE');
  const { transaction_id: transactionId } = request;
  const scoreSlot = plan.schema.size - 1;
  const about = { probability: null, degradation, transactionId, scoreSlot };
  const judgement = judge(policy.ruleset, prepared.record, about);
  const reply = composeReply({
    request,
    prepared,
    plan,
    policy,
    judgement,
    probability: null,
    model: null,
    modelReasons: [],
    decisionId: '01978f2e-6c1a-7b3c-9a4e-0f5d2c6b7a81',
    createdAtMs: 0,
    timings: { total_ms: 0, state_ms: 0, model_ms: 0, rules_ms: 0 },
  });
  const hits = judgement.evaluation?.hits ?? [];
  const text = decisionRecordJson({
    api_key_id: 'k',
    claim_key: 'c',
    body_hash: 'b',
    event_time_ms: 0,
    received_at_ms: 0,
    versions: { feature_set: featuresVersion, ruleset: rulesetVersion, model: null },
    record: prepared.record,
    probability: null,
    degradation: { level: degradation.level, causes: [...degradation.causes] },
    shadow_rules: hits.filter(({ rule }) => rule.mode === 'shadow').map(({ rule }) => rule.id),
    replyJson: JSON.stringify(reply),
  });
  return DecisionRecord.parse(JSON.parse(text));
}

async function recompute(stored: DecisionRecord): Promise<readonly string[]> {
  const pseudonymizer = testPseudonymizer;
  const recomputer = new Recomputer({ archiveDir, modelDir: '/nowhere', pseudonymizer });
  try {
    const { identical, differences } = await recomputer.recompute(stored);
    expect(identical).toBe(differences.length === 0);
    return differences;
  } finally {
    await recomputer.close();
  }
}

test.each([
  ['an approval', {}],
  ['a hit, with a shadow rule and a tag', { metadata: { channel: 'odd' } }],
  ['a hit of a list', { payment_method: { token: 'stolen' } }],
  ['an override', { payment_method: { token: 'stolen' }, metadata: { channel: 'trusted' } }],
  ['a division by zero', { metadata: { items: 0 } }],
  ['a large amount', { amount: { value: 9_999_999, currency: 'SEK' } }],
])('%s is decided again as it was recorded', async (_name, change) => {
  expect(await recompute(recorded(change))).toEqual([]);
});

describe('a record that is not what was decided', () => {
  const odd = { metadata: { channel: 'odd' } };

  test.each([
    ['decision', (r: DecisionRecord) => ({ ...r, reply: { ...r.reply, decision: 'decline' } })],
    ['tags', (r: DecisionRecord) => ({ ...r, reply: { ...r.reply, tags: [] } })],
    ['reasons', (r: DecisionRecord) => ({ ...r, reply: { ...r.reply, reasons: [] } })],
    ['rules that hit', (r: DecisionRecord) => ({ ...r, reply: { ...r.reply, rules: [] } })],
    ['shadow rules', (r: DecisionRecord) => ({ ...r, shadow_rules: [] })],
    ['risk_score', (r: DecisionRecord) => ({ ...r, reply: { ...r.reply, risk_score: 7 } })],
  ])('is told by its field: %s', async (field, forge) => {
    const differences = await recompute(forge(recorded(odd)) as DecisionRecord);
    expect(differences).toEqual([expect.stringMatching(`^${field}: recorded .*, now `)]);
  });

  test('shows also where a signal was changed', async () => {
    const stored = recorded(odd);
    const strings = Object.entries(stored.strings).filter(([, value]) => value !== 'odd');
    const differences = await recompute({ ...stored, strings: Object.fromEntries(strings) });
    expect(differences.length).toBeGreaterThan(2);
  });
});

test('a version that is not kept, or is not what it was, is an error that names it', async () => {
  const stored = recorded();
  const gone = (versions: Partial<DecisionRecord['versions']>) =>
    recompute({ ...stored, probability: 0.5, versions: { ...stored.versions, ...versions } });
  await expect(gone({ feature_set: 'gone' })).rejects.toThrow('gone.yaml');
  await expect(gone({ ruleset: 'gone' })).rejects.toThrow('gone');
  await expect(gone({ model: 'fraud/9' })).rejects.toThrow('fraud/9');
  await writeFile(join(archiveDir, 'features', 'edited.yaml'), `${smallCatalogue}# edited\n`);
  await expect(gone({ feature_set: 'edited' })).rejects.toThrow('hash differs');
});
