import { z } from 'zod';
import { ExplorationPlan, ModelRef, RulesetRef, TrafficPlan, Variant } from './traffic-plan.js';

const reason = z.string().min(1).max(500).describe('For the audit: why');

/** Puts a variant in charge of everything at once; what is null goes back to the own folders. */
export const ChampionRequest = z.strictObject({ variant: Variant, reason });
export type ChampionRequest = z.infer<typeof ChampionRequest>;

/** The exploration holdout; null ends it. */
export const ExplorationRequest = z.strictObject({
  exploration: ExplorationPlan.omit({ salt: true }).strict().nullable(),
  reason,
});
export type ExplorationRequest = z.infer<typeof ExplorationRequest>;

export const ShadowRequest = z.strictObject({ variant: Variant, reason });
export type ShadowRequest = z.infer<typeof ShadowRequest>;

export const ReasonRequest = z.strictObject({ reason });
export type ReasonRequest = z.infer<typeof ReasonRequest>;

const FILES_MAX = 500;
const uploadedFile = z.strictObject({
  name: z.string().min(1).max(256),
  content_base64: z.base64(),
});

/** A ruleset's folder: its files as `ruleset/<name>`, the lists beside it as `lists/<name>`. */
export const ArtifactUpload = z.strictObject({
  files: z.array(uploadedFile).min(1).max(FILES_MAX),
});
export type ArtifactUpload = z.infer<typeof ArtifactUpload>;

export const ArtifactReceipt = z
  .object({
    kind: z.enum(['model', 'ruleset']),
    ref: z.union([ModelRef, RulesetRef]),
    is_new: z.boolean().describe('False: the same was published before'),
  })
  .meta({ id: 'ArtifactReceipt' });
export type ArtifactReceipt = z.infer<typeof ArtifactReceipt>;

/** Where a change stands; `version` is that of the traffic plan in which it is. */
export const ChangeReceipt = z
  .object({ version: z.int().nullable() })
  .meta({ id: 'ChangeReceipt' });
export type ChangeReceipt = z.infer<typeof ChangeReceipt>;

export const ServingNode = z.object({
  node_id: z.string(),
  version: z.int().nullable().describe('The version it serves; null: its own folders'),
  is_live: z.boolean().describe('Seen in the last seconds'),
  is_current: z.boolean(),
  refusal: z.string().nullable().describe('Why it refused the newest version'),
  seen_at: z.iso.datetime(),
});

/** The plan in force and who serves it: "is it live everywhere" has an answer. */
export const PublishedPlan = z
  .object({
    version: z.int().nullable(),
    published_at: z.iso.datetime().nullable(),
    published_by: z.string().nullable(),
    reason: z.string().nullable(),
    plan: TrafficPlan,
    is_live_everywhere: z.boolean().describe('Every live node serves this version'),
    nodes: z.array(ServingNode),
  })
  .meta({ id: 'PublishedPlan' });
export type PublishedPlan = z.infer<typeof PublishedPlan>;

export const AuditPage = z
  .object({
    entries: z.array(
      z.object({
        happened_at: z.iso.datetime(),
        who: z.string(),
        action: z.string(),
        subject: z.string(),
        detail: z.unknown(),
      }),
    ),
  })
  .meta({ id: 'AuditPage' });
export type AuditPage = z.infer<typeof AuditPage>;
