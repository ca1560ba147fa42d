import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatCatalogueProblem, parseCatalogue } from './feature-catalogue.js';
import { buildFeaturePlan } from './feature-plan.js';

const head = 'format: tollgate-features/1\n';
const card = `${head}entities:
  card:
    kind: bounded
    key: card
    features:
`;

/** What is wrong, as one line each: place, message and fix. */
function problemsOf(text: string): string[] {
  const parsed = parseCatalogue(text, 'f.yaml');
  return parsed.ok ? [] : parsed.problems.map(formatCatalogueProblem);
}

test.each(['rules/features.yaml', 'examples/handbook/features.yaml'])('%s compiles', (file) => {
  const text = readFileSync(file, 'utf8');
  const parsed = parseCatalogue(text, file);
  expect(parsed.ok ? [] : parsed.problems).toEqual([]);
  if (!parsed.ok) return;
  const plan = buildFeaturePlan(parsed.value, 'version');
  expect(plan.schema.definitions.at(-1)?.name).toBe('score');
  expect(plan.schema.slotOf(plan.featureNames[0]!)).toBe(plan.firstFeatureSlot);
});

test.each([
  ['a: [', /^f\.yaml:1:\d+: not valid YAML: .*Fix: correct the syntax/],
  ['', 'f.yaml:1:1: the file is empty. Fix: declare entities'],
  ['entities: {}', /^f\.yaml:1:1: the format is missing\. Fix: begin the file with "format: /],
  ['format: other/1', /^f\.yaml:1:9: unknown format "other\/1"/],
  [`${head}entites: {}`, /^f\.yaml:2:1: .*"entites"\. Fix: did you mean "entities"\?$/],
  [`${head}metadata: { plan: text }`, /^f\.yaml:2:19: unknown type of metadata plan "text"/],
  [`${head}metadata: { amount: number }`, /"amount" is already a transaction field/],
  [`${head}metadata: { 1x: number }`, /"1x" is no name for a metadata field/],
  [`${head}amounts: { rates: {} }`, /^f\.yaml:2:1: amounts has no currency/],
  [
    `${head}amounts: { currency: EUR, rates: { USD: 0 } }`,
    /rate of USD must be above 0.*EUR one USD/,
  ],
  [`${head}entities: { card: { features: {} } }`, /entity card has no kind/],
  [`${head}entities: { card: { kind: bounded } }`, /entity card has no features/],
  [
    `${head}entities: { x: { kind: bounded, key: custmer, features: {} } }`,
    /keyed by "custmer", .*did you mean "customer"\?/,
  ],
  [
    `${head}entities: { x: { kind: unbounded, key: ip, events: 9, features: {} } }`,
    /an unbounded entity keeps no single events/,
  ],
  [
    `${head}entities: { x: { kind: bounded, key: ip, events: 5000, features: {} } }`,
    /events is 5000\. Fix: use a whole number from 1 to 1024/,
  ],
  [`${card}      x: { aggregate: cuont, window: 1h }`, /^f\.yaml:7:23: .*did you mean "count"\?/],
  [`${card}      x: { window: 1h }`, /^f\.yaml:7:7: feature x has no aggregate/],
  [`${card}      x: { aggregate: count }`, /^f\.yaml:7:7: count needs a window/],
  [`${card}      x: { aggregate: count, window: 1 hour }`, /"1 hour" is no duration\. Fix: .*24h/],
  [`${card}      x: { aggregate: count, window: 500d }`, /window 500d is too long\. Fix: .*400d/],
  [`${card}      x: { aggregate: sum, of: amount, window: 1h }`, /sum takes no "of"/],
  [`${card}      x: { aggregate: distinct, window: 1h }`, /distinct needs what to count/],
  [
    `${card}      x: { aggregate: distinct, of: mercant_id, window: 1h }`,
    /unknown signal "mercant_id"\. Fix: did you mean "merchant_id"\?/,
  ],
  [`${card}      x: { aggregate: time_since_last, delay: 1d }`, /takes no delay/],
  [
    `${card}      x: { aggregate: fraud_count, window: 1d, include_current: true }`,
    /fraud_count cannot include the current transaction/,
  ],
  [`${card}      card: { aggregate: count, window: 1h }`, /"card" is already a transaction field/],
  [`${card}      score: { aggregate: count, window: 1h }`, /"score" is already the model's score/],
  [
    `${head}entities: { ip: { kind: unbounded, key: ip, features: { x: { aggregate: truncated } } } }`,
    /an unbounded entity never truncates/,
  ],
  [`${head}derived: { x: { description: y } }`, /derived feature x has no expression/],
  [`${head}derived: { x: { expression: amont > 1.0 } }`, /^f\.yaml:2:29: in x, at character 1: /],
  [`${head}derived: { x: { expression: score > 0.5 } }`, /x reads the score/],
  [
    `${head}derived: { x: { expression: y + 1.0 }, y: { expression: x + 1.0 } }`,
    /x is part of a circle: x, y read one another/,
  ],
])('refuses %j with its place and the fix', (text, expected) => {
  const problems = problemsOf(text);
  expect(problems[0]).toMatch(expected);
});

test('reports every problem, not only the first', () => {
  const text = `${card}      x: { aggregate: count }\n      y: { aggregate: sum, window: 0h }\n`;
  expect(problemsOf(text)).toHaveLength(2);
});

test('one name may not stand for two features', () => {
  const text = `${card}      x: { aggregate: count, window: 1h }\nderived: { x: { expression: amount } }\n`;
  expect(problemsOf(text)[0]).toMatch(/"x" is already a feature/);
});
