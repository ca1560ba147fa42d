import { parseCases } from './parse-cases.js';
import { parsePolicy } from './parse-policy.js';
import { parseRule, readId } from './parse-rule.js';
import { parseTable, type ParsedTable } from './parse-table.js';
import type { Parsed } from './ruleset-problem.js';
import {
  RULES_MAX,
  type ReasonCode,
  type RuleDefinition,
  type Ruleset,
  type RulesetFile,
} from './ruleset.js';
import { ProblemLog, YamlValue } from './yaml-reader.js';

const FIELDS = ['id', 'description', 'lists', 'reason_codes', 'rules', 'tables', 'policy'] as const;
const REASON_FIELDS = ['message', 'public_message'] as const;
const REASON_CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/**
 * Reads the files of one ruleset: `ruleset.yaml`, the tables it names and, where present,
 * `cases.csv`.
 *
 * Only the form is checked here; `compileRuleset` checks the expressions against signals and lists.
 *
 * @returns Every problem found, with file, line and column, or the ruleset.
 */
export function parseRuleset(files: readonly RulesetFile[]): Parsed<Ruleset> {
  const log = new ProblemLog();
  const main = files.find((file) => file.name === 'ruleset.yaml');
  if (main === undefined) {
    const message = 'the ruleset has no ruleset.yaml';
    return { ok: false, problems: [{ file: 'ruleset.yaml', line: 1, column: 1, message }] };
  }
  const ruleset = readRuleset(main, files, log);
  if (ruleset === undefined || log.problems.length > 0) {
    return { ok: false, problems: log.problems };
  }
  return { ok: true, value: ruleset };
}

function readRuleset(
  main: RulesetFile,
  files: readonly RulesetFile[],
  log: ProblemLog,
): Ruleset | undefined {
  const root = YamlValue.parse(main.name, main.text, log);
  const fields = root?.fields(FIELDS);
  if (root === undefined || fields === undefined) return undefined;
  const id = readId(root, fields.get('id'));
  const reasonCodes = readReasonCodes(fields.get('reason_codes'));
  const rules: RuleDefinition[] = [];
  for (const item of fields.get('rules')?.items() ?? []) {
    const rule = parseRule(item, log);
    if (rule !== undefined) rules.push(rule);
    log.about(undefined);
  }
  const tables: ParsedTable[] = [];
  for (const item of fields.get('tables')?.items() ?? []) {
    const table = parseTable(item, files, log);
    if (table !== undefined) tables.push(table);
    log.about(undefined);
  }
  const policy = parsePolicy(root, fields.get('policy'));
  const cases = parseCases(files, log);
  const every = [...rules, ...tables.flatMap((table) => table.rules)];
  refuseTwins(every, log);
  refuseUnknownReasons(every, reasonCodes, log);
  if (every.length > RULES_MAX) root.refuse(`${every.length} rules; ${RULES_MAX} are allowed`);
  if (id === undefined || policy === undefined) return undefined;
  return {
    id,
    description: fields.get('description')?.text() ?? '',
    lists: fields.get('lists')?.texts() ?? [],
    reasonCodes,
    rules: every,
    tables: tables.map((table) => table.definition),
    policy,
    cases,
  };
}

function readReasonCodes(value: YamlValue | undefined): ReadonlyMap<string, ReasonCode> {
  const codes = new Map<string, ReasonCode>();
  for (const [code, body, key] of value?.entries() ?? []) {
    if (!REASON_CODE.test(code)) {
      key.refuse(`${code} is not a reason code`, 'codes are in upper case, such as CARD_TESTING');
      continue;
    }
    const fields = body.fields(REASON_FIELDS);
    if (fields === undefined) continue;
    const message = (fields.get('message') ?? missing(key, 'message'))?.text();
    const publicMessage = (fields.get('public_message') ?? missing(key, 'public_message'))?.text();
    if (message === undefined || publicMessage === undefined) continue;
    codes.set(code, { code, message, publicMessage });
  }
  return codes;
}

function missing(key: YamlValue, field: string): undefined {
  return key.refuse(`the reason code has no ${field}`);
}

function refuseTwins(rules: readonly RuleDefinition[], log: ProblemLog): void {
  const seen = new Set<string>();
  for (const rule of rules) {
    if (seen.has(rule.id)) {
      const { file } = rule.when.place;
      log.add({ file, ...rule.when.place.locate(0), message: `two rules have the id ${rule.id}` });
    }
    seen.add(rule.id);
  }
}

function refuseUnknownReasons(
  rules: readonly RuleDefinition[],
  codes: ReadonlyMap<string, ReasonCode>,
  log: ProblemLog,
): void {
  for (const { id, reason, when } of rules) {
    if (reason === null || codes.has(reason)) continue;
    const message = `the rule ${id} gives the reason ${reason}, which reason_codes does not have`;
    log.add({ file: when.place.file, ...when.place.locate(0), message });
  }
}
