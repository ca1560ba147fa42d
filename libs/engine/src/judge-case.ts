import type { Decision } from '#contracts/decision-reply.js';
import { notDegraded } from '#decision/degradation.js';
import type { CompiledRuleset } from '#rules/compiled-ruleset.js';
import type { CaseSubject } from '#rules/run-cases.js';
import { judge } from './judge.js';

/** Decides the cases of a ruleset by the very function that decides live transactions. */
export function caseJudge(ruleset: CompiledRuleset): (subject: CaseSubject) => Decision {
  return ({ name, record, score }) =>
    judge(ruleset, record, {
      probability: score,
      degradation: notDegraded,
      transactionId: name,
      scoreSlot: record.numbers.length - 1,
    }).verdict.decision;
}
