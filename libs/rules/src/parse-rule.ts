import { ruleActions } from '#contracts/decision-reply.js';

import {
  ruleModes,
  SCORE_DELTA_MAX,
  TAGS_PER_RULE_MAX,
  unknownPolicies,
  type RuleDefinition,
} from './ruleset.js';
import type { ProblemLog, YamlValue } from './yaml-reader.js';

const FIELDS = [
  'id',
  'name',
  'when',
  'action',
  'reason',
  'mode',
  'rollout_percent',
  'unit',
  'on_unknown',
  'score',
  'tags',
] as const;

const ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Reads one rule; logs every problem of it and returns undefined when it cannot be used. */
export function parseRule(value: YamlValue, log: ProblemLog): RuleDefinition | undefined {
  const fields = value.fields(FIELDS);
  if (fields === undefined) return undefined;
  const id = readId(value, fields.get('id'));
  log.about(id === undefined ? undefined : `rule ${id}`);
  const when = (
    fields.get('when') ?? value.refuse('the rule has no condition: add when:')
  )?.sourceText();
  const action = (fields.get('action') ?? value.refuse('the rule has no action'))?.choice(
    ruleActions,
  );
  const reason = fields.get('reason')?.text() ?? null;
  const scoreDelta = readScore(fields.get('score'));
  if (action !== undefined && action !== 'tag' && reason === null) {
    value.refuse(`a rule that can ${action} needs a reason`, 'add reason: A_CODE');
  }
  const mode = fields.get('mode')?.choice(ruleModes) ?? 'active';
  const rolloutPercent = readRollout(value, mode === 'rollout', fields.get('rollout_percent'));
  const tags = fields.get('tags')?.texts() ?? [];
  if (tags.length > TAGS_PER_RULE_MAX) {
    fields.get('tags')!.refuse(`${tags.length} tags; ${TAGS_PER_RULE_MAX} are allowed`);
  }
  if (id === undefined || when === undefined || action === undefined) return undefined;
  return {
    id,
    name: fields.get('name')?.text() ?? id,
    when,
    cells: null,
    action,
    reason,
    mode,
    rolloutPercent,
    unit: fields.get('unit')?.text() ?? null,
    onUnknown: fields.get('on_unknown')?.choice(unknownPolicies) ?? 'skip',
    scoreDelta,
    tags,
    table: null,
  };
}

/** Ids are kebab-case: they appear in replies, metrics and the journal. */
export function readId(owner: YamlValue, value: YamlValue | undefined): string | undefined {
  const id = (value ?? owner.refuse('there is no id: add id:'))?.text();
  if (id === undefined || ID.test(id)) return id;
  return value!.refuse(`${id} is not an id`, 'ids are in lower case, such as card-testing-burst');
}

function readScore(value: YamlValue | undefined): number {
  return value?.number({ min: -SCORE_DELTA_MAX, max: SCORE_DELTA_MAX }) ?? 0;
}

function readRollout(rule: YamlValue, needed: boolean, value: YamlValue | undefined): number {
  if (value !== undefined) return value.number({ min: 0, max: 100 }) ?? 0;
  if (needed) rule.refuse('a rule in rollout needs rollout_percent', 'add rollout_percent: 10');
  return 100;
}
