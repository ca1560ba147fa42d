import { openRules, type RulesSource } from './open-rules.js';

/** Prints what the ruleset holds. @throws RulesToolError with every problem. */
export async function checkRules(source: RulesSource): Promise<void> {
  const { ruleset, lists } = await openRules(source);
  const { rules, cases } = ruleset.ruleset;
  const modes = new Map<string, number>();
  for (const { mode } of rules) modes.set(mode, (modes.get(mode) ?? 0) + 1);
  const byMode = [...modes].map(([mode, count]) => `${count} ${mode}`).join(', ');
  const rows = rules.filter((rule) => rule.table !== null).length;
  console.log(`${source.folder}: no problems`);
  console.log(`  rules   ${rules.length} (${byMode}), ${rows} of them rows of tables`);
  for (const name of ruleset.ruleset.lists) {
    const list = lists.find(name)!;
    console.log(`  list    ${name}: ${list.entryCount} of kind ${list.kind}`);
  }
  console.log(`  cases   ${cases.length}; run them with npm run rules -- cases ${source.folder}`);
}
