import type { BenchCondition, BenchRule } from '../rule-workload.js';

/** A rule as CEL; `hour` is how the dialect asks for the hour of the payment, UTC. */
export function celText(rule: BenchRule, hour: string): string {
  return rule.map((condition) => conditionText(condition, hour)).join(' && ');
}

function conditionText(condition: BenchCondition, hour: string): string {
  switch (condition.kind) {
    case 'threshold':
      return `${condition.signal} ${condition.operator} ${double(condition.value)}`;
    case 'equals':
      return `${condition.signal} == ${JSON.stringify(condition.value)}`;
    case 'unequal':
      return `${condition.signal} != ${JSON.stringify(condition.value)}`;
    case 'ends-with':
      return `${condition.signal}.endsWith(${JSON.stringify(condition.value)})`;
    case 'differ':
      return `${condition.signal} != ${condition.other}`;
    case 'one-of':
      return `${condition.signal} in ${JSON.stringify(condition.values)}`;
    case 'listed':
      return `in_list(${JSON.stringify(condition.list)}, ${condition.signal})`;
    case 'before-hour':
      return `${hour} < ${condition.hour}`;
  }
}

/** Doubles on both sides: comparing one with CEL's integers, which are BigInts, is slower. */
function double(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
