import type { PolicyDefinition, SegmentDefinition, StandInLimits } from './ruleset.js';
import type { YamlValue } from './yaml-reader.js';

const FIELDS = ['segments', 'challenge_method', 'review_hold', 'stand_in'] as const;
const SEGMENT_FIELDS = ['name', 'when', 'challenge', 'review', 'decline'] as const;
const LIMIT_FIELDS = ['approve_up_to', 'challenge_up_to', 'otherwise'] as const;
const METHODS = ['3ds', 'otp', 'biometric', 'any'] as const;
const CURRENCY = /^[A-Z]{3}$/;
const SCORE = { min: 0, max: 1_000 };
const AMOUNT = { min: 0, max: 1e12 };

/**
 * Reads the policy: thresholds by segment, how to challenge, and what to do when nothing can
 * answer.
 */
export function parsePolicy(
  root: YamlValue,
  value: YamlValue | undefined,
): PolicyDefinition | undefined {
  if (value === undefined) return root.refuse('the ruleset has no policy: add policy:');
  const fields = value.fields(FIELDS);
  if (fields === undefined) return undefined;
  const segments = readSegments(value, fields.get('segments'));
  const standIn = readStandIn(value, fields.get('stand_in'));
  if (segments === undefined || standIn === undefined) return undefined;
  return {
    segments,
    challengeMethod: fields.get('challenge_method')?.choice(METHODS) ?? 'any',
    reviewHold: fields.get('review_hold')?.flag() ?? false,
    standIn,
  };
}

function readSegments(
  policy: YamlValue,
  value: YamlValue | undefined,
): readonly SegmentDefinition[] | undefined {
  if (value === undefined) return policy.refuse('the policy has no segments');
  const items = value.items();
  const segments: SegmentDefinition[] = [];
  items?.forEach((item, index) => {
    const fields = item.fields(SEGMENT_FIELDS);
    if (fields === undefined) return;
    const when = fields.get('when')?.sourceText() ?? null;
    const last = index === items.length - 1;
    if (last && when !== null) item.refuse('the last segment takes everything: remove its when');
    if (!last && when === null) item.refuse('only the last segment may be without when');
    const segment = {
      name: fields.get('name')?.text() ?? `segment-${index + 1}`,
      when,
      challenge: fields.get('challenge')?.number(SCORE) ?? null,
      review: fields.get('review')?.number(SCORE) ?? null,
      decline: fields.get('decline')?.number(SCORE) ?? null,
    };
    refuseDisorder(item, segment);
    segments.push(segment);
  });
  return segments.length === 0 ? value.refuse('the policy needs at least one segment') : segments;
}

/** A severer decision must need a higher score, or the milder one could never be taken. */
function refuseDisorder(item: YamlValue, segment: SegmentDefinition): void {
  const given = [segment.challenge, segment.review, segment.decline].filter(
    (each) => each !== null,
  );
  if (given.some((each, index) => index > 0 && each < given[index - 1]!)) {
    item.refuse('thresholds must ascend: challenge <= review <= decline');
  }
}

function readStandIn(
  policy: YamlValue,
  value: YamlValue | undefined,
): PolicyDefinition['standIn'] | undefined {
  if (value === undefined) return policy.refuse('the policy has no stand_in limits');
  const byCurrency = new Map<string, StandInLimits>();
  let otherwise: StandInLimits | undefined;
  for (const [name, body, key] of value.entries() ?? []) {
    const limits = readLimits(body);
    if (limits === undefined) continue;
    if (name === 'default') otherwise = limits;
    else if (CURRENCY.test(name)) byCurrency.set(name, limits);
    else key.refuse(`${name} is not a currency`, 'write an ISO 4217 code such as EUR, or default');
  }
  if (otherwise === undefined) return value.refuse('stand_in needs limits for default');
  return { byCurrency, otherwise };
}

function readLimits(value: YamlValue): StandInLimits | undefined {
  const fields = value.fields(LIMIT_FIELDS);
  if (fields === undefined) return undefined;
  const approveUpTo = fields.get('approve_up_to')?.number(AMOUNT) ?? 0;
  const challengeUpTo = fields.get('challenge_up_to')?.number(AMOUNT) ?? approveUpTo;
  const otherwise = fields.get('otherwise')?.choice(['review', 'decline']) ?? 'review';
  if (challengeUpTo < approveUpTo) {
    return value.refuse('challenge_up_to is below approve_up_to');
  }
  return { approveUpTo, challengeUpTo, otherwise };
}
