import type { Decision } from '#contracts/decision-reply.js';
import { notDegraded } from '#decision/degradation.js';
import type { CaseSubject } from '#rules/run-cases.js';
import { applyPolicy } from '../judge.js';

/** Decides a case of a ruleset as the service decides a transaction with these signals. */
export function decideCase({ compiled, record, evaluation, score }: CaseSubject): Decision {
  const basis = { evaluation, probability: score, degradation: notDegraded };
  return applyPolicy(compiled, record, basis).decision;
}
