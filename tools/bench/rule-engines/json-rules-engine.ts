import { Engine, type ConditionProperties, type TopLevelCondition } from 'json-rules-engine';
import type { BenchCondition } from '../rule-workload.js';
import { signalsOf, valueOf, type LoadRules } from './bench-engine.js';

const OPERATORS = {
  '<': 'lessThan',
  '<=': 'lessThanInclusive',
  '>': 'greaterThan',
  '>=': 'greaterThanInclusive',
} as const;

/** One engine with all rules and the operators it lacks; it gets the hour worked out already. */
export const loadJsonRulesEngine: LoadRules = (workload, signals) => {
  const engine = new Engine();
  const lists = new Map([...workload.lists].map(([signal, set]) => [`blocked_${signal}`, set]));
  engine.addOperator<string, string>('endsWith', (value, suffix) => value.endsWith(suffix));
  engine.addOperator<string, string>('listed', (value, list) => lists.get(list)!.has(value));
  workload.rules.forEach((rule, index) => {
    const conditions: TopLevelCondition = { all: rule.map(factOf) };
    engine.addRule({ conditions, event: { type: String(index) } });
  });
  const names = signalsOf(workload);
  const facts = signals.records.map((_, nth) => ({
    ...Object.fromEntries(names.map((name) => [name, valueOf(signals, nth, name)] as const)),
    hour: new Date(valueOf(signals, nth, 'event_time')).getUTCHours(),
  }));
  return async (nth) => {
    const { events } = await engine.run(facts[nth]);
    return events.map(({ type }) => Number(type));
  };
};

function factOf(condition: BenchCondition): ConditionProperties {
  switch (condition.kind) {
    case 'threshold':
      return {
        fact: condition.signal,
        operator: OPERATORS[condition.operator],
        value: condition.value,
      };
    case 'equals':
      return { fact: condition.signal, operator: 'equal', value: condition.value };
    case 'unequal':
      return { fact: condition.signal, operator: 'notEqual', value: condition.value };
    case 'ends-with':
      return { fact: condition.signal, operator: 'endsWith', value: condition.value };
    case 'differ':
      return { fact: condition.signal, operator: 'notEqual', value: { fact: condition.other } };
    case 'one-of':
      return { fact: condition.signal, operator: 'in', value: condition.values };
    case 'listed':
      return { fact: condition.signal, operator: 'listed', value: condition.list };
    case 'before-hour':
      return { fact: 'hour', operator: 'lessThan', value: condition.hour };
  }
}
