import { Column, CreateDateColumn, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { ExperimentDefinition, ExperimentState } from '#contracts/experiment.js';
import type { RolloutRequest } from '#contracts/rollout.js';
import type { PlannedExperiment, TrafficPlan, Variant } from '#contracts/traffic-plan.js';

/** Buckets by owner; libs/experimentation says what they mean. */
export type StoredAllocation = PlannedExperiment['allocation'];

@Entity('settings')
export class SettingRow {
  @PrimaryColumn('text')
  name!: string;

  @Column('jsonb')
  value!: unknown;
}

@Entity('layers')
export class LayerRow {
  @PrimaryColumn('text', { name: 'layer_id' })
  layerId!: string;

  @Column('text')
  unit!: string;

  @Column('text')
  salt!: string;

  @Column('jsonb')
  allocation!: StoredAllocation;
}

@Entity('shadows')
export class ShadowRow {
  @PrimaryColumn('text', { name: 'shadow_id' })
  shadowId!: string;

  @Column('jsonb')
  variant!: Variant;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}

@Entity('experiments')
export class ExperimentRow {
  @PrimaryColumn('text', { name: 'experiment_id' })
  experimentId!: string;

  @Column('text', { name: 'layer_id' })
  layerId!: string;

  @Column('text')
  state!: ExperimentState;

  @Column('jsonb')
  definition!: ExperimentDefinition;

  /** As the nodes run it; null while it is a draft. */
  @Column('jsonb', { nullable: true })
  planned!: PlannedExperiment | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'reweighted_at', nullable: true })
  reweightedAt!: Date | null;

  @Column('timestamptz', { name: 'stopped_at', nullable: true })
  stoppedAt!: Date | null;

  /** What the last analysis found; the sequential check keeps its lowest. */
  @Column('double precision', { name: 'lowest_sample_ratio_p', default: 1 })
  lowestSampleRatioP!: number;
}

@Entity('arms')
export class ArmRow {
  @PrimaryColumn('text', { name: 'experiment_id' })
  experimentId!: string;

  @PrimaryColumn('text', { name: 'arm_id' })
  armId!: string;

  @Column('boolean', { name: 'is_control' })
  isControl!: boolean;

  /** Its share of the experiment, (0, 1]. */
  @Column('double precision')
  weight!: number;

  @Column('jsonb')
  variant!: Variant;
}

@Entity('rollouts')
export class RolloutRow {
  @PrimaryColumn('text', { name: 'rollout_id' })
  rolloutId!: string;

  @Column('jsonb')
  request!: RolloutRequest;

  /** A `RolloutPlan` of libs/experimentation. */
  @Column('jsonb')
  plan!: unknown;

  /** The champion that it replaced; null until it is completed. */
  @Column('jsonb', { nullable: true })
  previous!: Variant | null;

  /** A `RolloutState` of libs/experimentation. */
  @Column('jsonb')
  state!: unknown;

  @Column('boolean', { name: 'is_over' })
  isOver!: boolean;

  @Column('jsonb')
  allocation!: StoredAllocation;

  /** What it waits for, or why it ended. */
  @Column('text')
  sentence!: string;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'stage_since', default: () => 'now()' })
  stageSince!: Date;
}

@Entity('rollout_events')
export class RolloutEventRow {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column('text', { name: 'rollout_id' })
  rolloutId!: string;

  @CreateDateColumn({ type: 'timestamptz', name: 'happened_at' })
  happenedAt!: Date;

  @Column('text')
  action!: string;

  @Column('text')
  sentence!: string;

  @Column('jsonb', { nullable: true })
  evidence!: unknown;
}

@Entity('publications')
export class PublicationRow {
  @PrimaryColumn('int')
  version!: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'published_at' })
  publishedAt!: Date;

  /** The id of an API key, or `tollgate` for what it did by itself. */
  @Column('text', { name: 'published_by' })
  publishedBy!: string;

  @Column('text')
  reason!: string;

  @Column('json')
  plan!: TrafficPlan;
}

@Entity('artifacts')
export class ArtifactRow {
  @PrimaryColumn('text')
  kind!: 'model' | 'ruleset';

  @PrimaryColumn('text')
  ref!: string;

  @CreateDateColumn({ type: 'timestamptz', name: 'published_at' })
  publishedAt!: Date;

  @Column('text', { name: 'published_by' })
  publishedBy!: string;
}

@Entity('artifact_files')
export class ArtifactFileRow {
  @PrimaryColumn('text')
  kind!: 'model' | 'ruleset';

  @PrimaryColumn('text')
  ref!: string;

  @PrimaryColumn('text')
  name!: string;

  @Column('bytea')
  content!: Buffer;
}

@Entity('nodes')
export class NodeRow {
  @PrimaryColumn('text', { name: 'node_id' })
  nodeId!: string;

  @Column('int', { nullable: true })
  version!: number | null;

  @Column('int', { name: 'refused_version', nullable: true })
  refusedVersion!: number | null;

  @Column('text', { nullable: true })
  refusal!: string | null;

  @Column('timestamptz', { name: 'serving_since', nullable: true })
  servingSince!: Date | null;

  @Column('timestamptz', { name: 'seen_at' })
  seenAt!: Date;
}

@Entity('audit')
export class AuditRow {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @CreateDateColumn({ type: 'timestamptz', name: 'happened_at' })
  happenedAt!: Date;

  @Column('text')
  who!: string;

  @Column('text')
  action!: string;

  @Column('text')
  subject!: string;

  @Column('jsonb', { nullable: true })
  detail!: unknown;
}

export const controlPlaneEntities = [
  SettingRow,
  LayerRow,
  ShadowRow,
  ExperimentRow,
  ArmRow,
  RolloutRow,
  RolloutEventRow,
  PublicationRow,
  ArtifactRow,
  ArtifactFileRow,
  NodeRow,
  AuditRow,
];
