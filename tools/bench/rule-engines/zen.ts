import { ZenEngine } from '@gorules/zen-engine';
import type { BenchCondition, BenchRule, BenchWorkload } from '../rule-workload.js';
import { signalsOf, valueOf, type BenchSignals, type LoadRules } from './bench-engine.js';

const position = { x: 0, y: 0 };
const RULE = 'rule';

/**
 * A decision table with a column for each signal and `collect` as its hit policy, which is how ZEN
 * wants rules written, and the fastest of the forms it has: one column of whole conditions takes
 * half as long again, an expression node twice as long. Lists and the hour, which its tables cannot
 * ask, it gets worked out already.
 */
export const loadZen: LoadRules = (workload, signals) => {
  const decision = new ZenEngine().createDecision({
    nodes: [
      { id: 'input', name: 'input', type: 'inputNode', position },
      { id: 'table', name: 'table', type: 'decisionTableNode', position, content: table(workload) },
      { id: 'output', name: 'output', type: 'outputNode', position },
    ],
    edges: [
      { id: 'in', sourceId: 'input', targetId: 'table', type: 'edge' },
      { id: 'out', sourceId: 'table', targetId: 'output', type: 'edge' },
    ],
  });
  decision.validate();
  const contexts = signals.records.map((_, nth) => contextOf(workload, signals, nth));
  return async (nth) => {
    const { result } = await decision.evaluate(contexts[nth]);
    return (result as readonly { readonly rule: number }[]).map(({ rule }) => rule);
  };
};

function table({ rules }: BenchWorkload): object {
  const columns = [...new Set(rules.flat().map(columnOf))].toSorted();
  return {
    hitPolicy: 'collect',
    inputs: columns.map((column) => ({ id: column, name: column, field: column })),
    outputs: [{ id: RULE, name: RULE, field: RULE }],
    rules: rules.map((rule, index) => tableRow(rule, index, columns)),
  };
}

function tableRow(rule: BenchRule, index: number, columns: readonly string[]): object {
  const row = new Map<string, string>(columns.map((column) => [column, '']));
  for (const condition of rule) {
    const column = columnOf(condition);
    const before = row.get(column)!;
    const cell = cellOf(condition);
    row.set(column, before === '' ? cell : `${before} and ${cell}`);
  }
  return { _id: String(index), ...Object.fromEntries(row), [RULE]: String(index) };
}

function columnOf(condition: BenchCondition): string {
  if (condition.kind === 'before-hour') return 'hour';
  return condition.kind === 'listed' ? condition.list : condition.signal;
}

function cellOf(condition: BenchCondition): string {
  switch (condition.kind) {
    case 'threshold':
      return `${condition.operator} ${condition.value}`;
    case 'equals':
      return `== ${JSON.stringify(condition.value)}`;
    case 'unequal':
      return `!= ${JSON.stringify(condition.value)}`;
    case 'ends-with':
      return `endsWith($, ${JSON.stringify(condition.value)})`;
    case 'differ':
      return `!= ${condition.other}`;
    case 'one-of':
      return `in ${JSON.stringify(condition.values)}`;
    case 'listed':
      return '== true';
    case 'before-hour':
      return `< ${condition.hour}`;
  }
}

function contextOf({ rules, lists }: BenchWorkload, signals: BenchSignals, nth: number): object {
  const names = signalsOf({ rules, lists });
  const listed = [...lists].map(([signal, set]) => {
    return [`blocked_${signal}`, set.has(String(valueOf(signals, nth, signal)))] as const;
  });
  return {
    ...Object.fromEntries(names.map((name) => [name, valueOf(signals, nth, name)] as const)),
    ...Object.fromEntries(listed),
    hour: new Date(valueOf(signals, nth, 'event_time')).getUTCHours(),
  };
}
