import { z } from 'zod';

/** `id/version` of a model bundle. */
export const ModelRef = z.string().regex(/^[\w.-]{1,64}\/[\w.-]{1,32}$/);
/** sha256 in hexadecimal, of all files of a ruleset, lists included. */
export const RulesetRef = z.string().regex(/^[0-9a-f]{64}$/);

const bound = z.int().min(0).max(1000).nullable();
/** Lower bounds on the risk score in place of the ruleset's own; null: never by score alone. */
export const Thresholds = z
  .strictObject({ challenge: bound, review: bound, decline: bound })
  .meta({ id: 'Thresholds' });
export type Thresholds = z.infer<typeof Thresholds>;

/** What decides in place of the champion; null parts are the champion's. */
export const Variant = z
  .strictObject({
    model: ModelRef.nullable().default(null),
    ruleset: RulesetRef.nullable().default(null),
    thresholds: Thresholds.nullable().default(null),
  })
  .meta({ id: 'Variant' });
export type Variant = z.infer<typeof Variant>;

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
const salt = z.string().min(1).max(128);
const shares = z.array(
  z.object({
    ownerId: id,
    ranges: z.array(z.object({ from: z.int(), to: z.int() })),
  }),
);

/** An experiment, or a rollout, as the nodes run it. */
export const PlannedExperiment = z.object({
  experiment_id: id,
  salt,
  /** A condition of the rule language over the transaction and its features; null is everyone. */
  audience: z.string().max(4096).nullable(),
  arms: z.array(z.object({ arm_id: id, variant: Variant })),
  /** Which arm owns which of the 10,000 buckets. */
  allocation: shares,
  /** Units, as the nodes know them, that get an arm whatever their hash says. */
  forced: z.array(z.object({ unit_id: z.string(), arm_id: id })),
});
export type PlannedExperiment = z.infer<typeof PlannedExperiment>;

/** The unit of arms that stick to the payment itself. */
export const TRANSACTION_UNIT = 'transaction';

export const PlannedLayer = z.object({
  layer_id: id,
  salt,
  /** The entity, of the feature catalogue, that arms stick to. */
  unit: z.string(),
  /** Which experiment owns which buckets of the layer. */
  allocation: shares,
  experiments: z.array(PlannedExperiment),
});
export type PlannedLayer = z.infer<typeof PlannedLayer>;

export const PlannedShadow = z.object({ shadow_id: id, variant: Variant });
export type PlannedShadow = z.infer<typeof PlannedShadow>;

export const ExplorationPlan = z.object({
  salt,
  share: z.number().min(0).max(1),
  /** By currency, the largest amount that is let through. */
  amount_minor_max: z.record(z.string(), z.int().min(0)),
});
export type ExplorationPlan = z.infer<typeof ExplorationPlan>;

/**
 * Which model, ruleset and thresholds decide for whom: one document, published whole, so that a
 * node serves exactly one version of it.
 */
export const TrafficPlan = z.object({
  v: z.literal(1),
  /** Null parts are what the node's own folders hold. */
  champion: Variant,
  layers: z.array(PlannedLayer),
  /** Variants that judge the same transactions after the reply, and decide nothing. */
  shadows: z.array(PlannedShadow),
  exploration: ExplorationPlan.nullable(),
  /** Rules that a circuit breaker has put into shadow, in every ruleset that has them. */
  demoted_rules: z.array(z.string()),
});
export type TrafficPlan = z.infer<typeof TrafficPlan>;

/** What a node does when nothing was ever published: its own folders decide. */
export const ownFoldersPlan: TrafficPlan = {
  v: 1,
  champion: { model: null, ruleset: null, thresholds: null },
  layers: [],
  shadows: [],
  exploration: null,
  demoted_rules: [],
};

export const Publication = z.object({ version: z.int().min(1), plan: TrafficPlan });
export type Publication = z.infer<typeof Publication>;
