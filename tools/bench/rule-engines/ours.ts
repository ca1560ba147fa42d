import { compileRuleset } from '#rules/compile-ruleset.js';
import type { Lists, LoadedList } from '#rules/list-file.js';
import { PackedSet } from '#rules/packed-set.js';
import { parseRuleset } from '#rules/parse-ruleset.js';
import { formatProblem, type Parsed } from '#rules/ruleset-problem.js';
import type { BenchWorkload } from '../rule-workload.js';
import type { LoadRules } from './bench-engine.js';
import { celText } from './cel-text.js';

const HEAD = `
id: bench
reason_codes: { BENCH: { message: bench, public_message: bench } }
policy:
  segments: [{ name: all }]
  stand_in: { default: { approve_up_to: 0 } }
`;

/**
 * The rules as a ruleset's file, evaluated as the decision path does: hits with their effects.
 */
export const loadOurs: LoadRules = (workload, { schema, records }) => {
  const rules = workload.rules.map(
    (rule, index) => `  - id: r${index}
    when: ${JSON.stringify(celText(rule, 'hour(event_time)'))}
    action: review
    reason: BENCH`,
  );
  const names = [...workload.lists.keys()].map((signal) => `blocked_${signal}`);
  const text = `${HEAD}lists: [${names.join(', ')}]\nrules:\n${rules.join('\n')}\n`;
  const ruleset = unwrap(parseRuleset([{ name: 'ruleset.yaml', text }]));
  const compiled = unwrap(compileRuleset(ruleset, schema, packLists(workload)));
  return (nth) => {
    const { hits } = compiled.evaluate(records[nth]!, 'payment');
    return hits.map(({ rule }) => Number(rule.id.slice(1)));
  };
};

function packLists({ lists }: BenchWorkload): Lists {
  const packed = new Map<string, LoadedList>();
  for (const [signal, values] of lists) {
    const set = new PackedSet(values.size);
    for (const value of values) set.add(value);
    packed.set(`blocked_${signal}`, {
      name: `blocked_${signal}`,
      kind: signal,
      tokenKind: signal,
      entryCount: set.size,
      bytes: set.bytes,
      has: (value, atMs) => set.has(value, atMs),
    });
  }
  return { names: () => packed.keys(), find: (name) => packed.get(name) };
}

function unwrap<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new Error(parsed.problems.map(formatProblem).join('\n'));
}
