import { caseJudge } from '#engine/judge-case.js';
import { runCases, type CaseReport } from '#rules/run-cases.js';
import { openRules, type RulesSource } from './open-rules.js';

/**
 * Runs the cases of a ruleset by the function that decides live transactions, and prints what
 * differs.
 *
 * @returns Whether all passed and, if strict, every rule had one.
 */
export async function testCases(source: RulesSource, strict: boolean): Promise<boolean> {
  const { ruleset, plan, pseudonymizer } = await openRules(source);
  const { pseudonym } = pseudonymizer;
  const decide = caseJudge(ruleset);
  const report = runCases(ruleset, { schema: plan.schema, pseudonym, decide });
  printReport(source, report);
  return report.failed === 0 && !(strict && report.uncoveredRules.length > 0);
}

function printReport(source: RulesSource, { results, failed, uncoveredRules }: CaseReport): void {
  for (const { name, line, passed, differences } of results) {
    if (passed) continue;
    console.log(`FAIL  ${source.folder}/cases.csv:${line}  ${name}`);
    for (const difference of differences) console.log(`      ${difference}`);
  }
  for (const id of uncoveredRules) console.log(`NONE  no case expects the rule ${id}`);
  const passed = results.length - failed;
  console.log(
    `${source.folder}: ${passed} of ${results.length} cases passed, ` +
      `${uncoveredRules.length} rules without a case`,
  );
}
