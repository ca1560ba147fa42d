import { Environment } from '@marcbachmann/cel-js';
import { signalsOf, valueOf, type LoadRules } from './bench-engine.js';
import { celText } from './cel-text.js';

const CEL_TYPES = {
  number: 'double',
  boolean: 'double',
  string: 'string',
  token: 'string',
  timestamp: 'google.protobuf.Timestamp',
} as const;

const LIMITS = { maxAstNodes: 1_000_000, maxListElements: 10_000 };

/**
 * All rules as one program, a list of conditions, parsed once and checked against declared
 * variables: about a tenth faster than a program for each rule.
 */
export const loadCelJs: LoadRules = (workload, signals) => {
  const environment = new Environment({ limits: LIMITS });
  const names = signalsOf(workload);
  for (const name of names) {
    environment.registerVariable(name, CEL_TYPES[signals.schema.definitionOf(name)!.type]);
  }
  const lists = new Map([...workload.lists].map(([signal, set]) => [`blocked_${signal}`, set]));
  environment.registerFunction('in_list(string, string): bool', (list: string, value: string) =>
    lists.get(list)!.has(value),
  );
  const texts = workload.rules.map((rule) => celText(rule, 'event_time.getHours()'));
  const program = environment.parse(`[${texts.join(', ')}]`);
  const checked = program.check();
  if (!checked.valid) throw checked.error ?? new Error('cel-js refuses the rules');
  const contexts = signals.records.map((_, nth) => {
    const values = names.map((name) => {
      const value = valueOf(signals, nth, name);
      return [name, name === 'event_time' ? new Date(value) : value] as const;
    });
    return Object.fromEntries(values);
  });
  return (nth) => {
    const outcomes = program(contexts[nth]) as readonly boolean[];
    const hits: number[] = [];
    for (let index = 0; index < outcomes.length; index += 1) {
      if (outcomes[index] === true) hits.push(index);
    }
    return hits;
  };
};
