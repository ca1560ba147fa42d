import type { SignalSchema } from '#contracts/signals.js';
import type { Verdict } from '#decision/decide.js';
import type { ExpressionTrace } from '#expression/trace.js';
import type { Segment } from '#rules/policy.js';
import type { RuleTrace } from '#rules/rule-evaluation.js';

const OUTCOME_WIDTH = 9;

export function printVerdict(
  { decision, riskScore, reasons }: Verdict,
  probability: number | null,
  segment: Segment,
): void {
  console.log(`decision    ${decision}`);
  const scored =
    probability === null
      ? 'none: without --score the stand-in policy judges the amount'
      : `${riskScore} of 1000, from the probability ${probability} and the rules' points`;
  console.log(`risk score  ${scored}`);
  const { challenge, review, decline, name } = segment;
  const thresholds = Object.entries({ challenge, review, decline })
    .filter(([, from]) => from !== null)
    .map(([action, from]) => `${action} from ${from}`);
  console.log(`segment     ${[name, ...thresholds].join(', ')}`);
  const codes = reasons.map(({ code, ruleId }) =>
    ruleId === undefined ? code : `${code} (${ruleId})`,
  );
  console.log(`reasons     ${codes.length === 0 ? 'none' : codes.join(', ')}\n`);
}

export function printTraces(traces: readonly RuleTrace[], schema: SignalSchema): void {
  for (const trace of traces) {
    console.log(headOf(trace));
    printPart(trace.trace, schema, 1);
  }
  const count = (outcome: RuleTrace['outcome']): number =>
    traces.filter((trace) => trace.outcome === outcome).length;
  console.log(`\n${count('hit')} hit, ${count('unknown')} unknown, ${count('no_hit')} did not hit`);
}

function headOf({ rule, outcome, applied, shadowedByTable }: RuleTrace): string {
  const words = {
    hit: 'HIT',
    unknown: 'UNKNOWN',
    no_hit: 'no',
    error: 'ERROR',
  } as const satisfies Record<RuleTrace['outcome'], string>;
  const notes = [
    rule.action,
    ...(rule.scoreDelta === 0 ? [] : [`${rule.scoreDelta > 0 ? '+' : ''}${rule.scoreDelta}`]),
    ...(outcome === 'unknown' ? [`on_unknown: ${rule.onUnknown}`] : []),
    ...(rule.mode === 'active' ? [] : [rule.mode]),
    ...(outcome === 'hit' && !applied ? ['without effect'] : []),
    ...(shadowedByTable ? ['an earlier row of its table had hit'] : []),
  ];
  return `${words[outcome].padEnd(OUTCOME_WIDTH)}${rule.id}  (${notes.join(', ')})`;
}

function printPart(trace: ExpressionTrace, schema: SignalSchema, depth: number): void {
  const indent = ' '.repeat(OUTCOME_WIDTH + (depth - 1) * 2);
  console.log(
    `${indent}${trace.outcome.padEnd(OUTCOME_WIDTH)}${trace.text}${valuesOf(trace, schema)}`,
  );
  for (const part of trace.parts ?? []) printPart(part, schema, depth + 1);
}

/** The signals a part read. Of personal values only whether there is one: they are hashed. */
function valuesOf({ signals }: ExpressionTrace, schema: SignalSchema): string {
  const texts = Object.entries(signals ?? {}).map(([name, value]) => {
    if (value === null) return `${name} is missing`;
    if (schema.definitionOf(name)?.type === 'token') return `${name} is present`;
    return `${name} = ${typeof value === 'string' ? JSON.stringify(value) : value}`;
  });
  return texts.length === 0 ? '' : `  [${texts.join(', ')}]`;
}
