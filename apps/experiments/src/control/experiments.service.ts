import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '#contracts/app-error.js';
import type { ExperimentDefinition, Reweighting, StoredExperiment } from '#contracts/experiment.js';
import { reallocate, type OwnerWeight } from '#experimentation/assignment/allocation.js';
import { BUCKETS } from '#experimentation/assignment/bucket.js';
import type { ControlPlane } from '#store/postgres/control-plane.js';
import {
  ArmRow,
  ExperimentRow,
  LayerRow,
  type StoredAllocation,
} from '#store/postgres/control-plane.entities.js';
import { CONTROL_PLANE, DECISION_TERMS } from '../tokens.js';
import { ArtifactsService } from './artifacts.service.js';
import type { DecisionTerms } from './decision-terms.js';

/** Weights are shares; sums of them are compared with this much room for rounding. */
const ROUNDING = 1e-9;

/** The life of an experiment: draft, running, stopped. What is stopped is never run again. */
@Injectable()
export class ExperimentsService {
  constructor(
    @Inject(CONTROL_PLANE) private readonly control: ControlPlane,
    @Inject(DECISION_TERMS) private readonly terms: DecisionTerms,
    @Inject(ArtifactsService) private readonly artifacts: ArtifactsService,
  ) {}

  /** Keeps a definition that could be run; it runs when it is started. */
  async create(definition: ExperimentDefinition, who: string): Promise<StoredExperiment> {
    checkDefinition(definition);
    this.terms.checkUnit(definition.unit);
    this.terms.checkAudience(definition.audience);
    const { experiment_id: experimentId, layer: layerId, arms, control } = definition;
    const change = this.changeOf('create', definition, who, 'defined');
    const { value } = await this.control.change(change, async (manager) => {
      await this.artifacts.checkVariants(
        manager,
        arms.map(({ variant }) => variant),
      );
      if (await manager.existsBy(ExperimentRow, { experimentId })) {
        throw conflict('An experiment with this id exists: ids are used once.');
      }
      const state = 'draft';
      await manager.insert(ExperimentRow, { experimentId, layerId, state, definition });
      for (const { arm_id: armId, weight, variant } of arms) {
        const isControl = armId === control;
        await manager.insert(ArmRow, { experimentId, armId, isControl, weight, variant });
      }
      return findRow(manager, experimentId);
    });
    return storedOf(value);
  }

  async list(): Promise<StoredExperiment[]> {
    const rows = await this.control.manager.find(ExperimentRow, { order: { createdAt: 'DESC' } });
    return rows.map(storedOf);
  }

  async find(experimentId: string): Promise<StoredExperiment> {
    return storedOf(await findRow(this.control.manager, experimentId));
  }

  /** Takes its share of the layer, from buckets that nobody has. */
  start(experimentId: string, reason: string, who: string): Promise<StoredExperiment> {
    return this.update({ experimentId, who, action: 'start', reason }, async (manager, row) => {
      if (row.state !== 'draft') throw conflict(`It is ${row.state}: only a draft can be started.`);
      const { definition } = row;
      await this.takeShare(manager, row, definition.share);
      row.planned = {
        experiment_id: experimentId,
        salt: `experiment ${experimentId} ${randomUUID()}`,
        audience: definition.audience,
        arms: definition.arms.map(({ arm_id, variant }) => ({ arm_id, variant })),
        allocation: allocated(
          [],
          definition.arms.map(({ arm_id: ownerId, weight }) => ({
            ownerId,
            buckets: buckets(weight),
          })),
        ),
        forced: definition.forced.map(({ unit, arm_id }) => ({
          unit_id: this.terms.unitIdOf(definition.unit, unit),
          arm_id,
        })),
      };
      row.state = 'running';
      row.startedAt = new Date();
    });
  }

  /** From then on the champion decides for all its units; the analysis stays. */
  stop(experimentId: string, reason: string, who: string): Promise<StoredExperiment> {
    return this.update({ experimentId, who, action: 'stop', reason }, async (manager, row) => {
      if (row.state !== 'running') throw conflict(`It is ${row.state}: there is nothing to stop.`);
      await this.takeShare(manager, row, 0);
      row.state = 'stopped';
      row.stoppedAt = new Date();
    });
  }

  /** Moves the fewest units that the new weights need. */
  reweigh(experimentId: string, change: Reweighting, who: string): Promise<StoredExperiment> {
    const { reason } = change;
    return this.update({ experimentId, who, action: 'reweigh', reason }, async (manager, row) => {
      const { planned, definition } = row;
      if (row.state !== 'running' || planned === null) {
        throw conflict(`It is ${row.state}: only a running experiment has weights to change.`);
      }
      const weights = new Map(change.arms.map(({ arm_id, weight }) => [arm_id, weight]));
      const arms = definition.arms.map((arm) => ({
        ...arm,
        weight: weights.get(arm.arm_id) ?? arm.weight,
      }));
      row.definition = { ...definition, arms, share: change.share ?? definition.share };
      checkDefinition(row.definition);
      if ([...weights.keys()].some((armId) => !arms.some(({ arm_id }) => arm_id === armId))) {
        throw new AppError('DEFINITION_REFUSED', { detail: 'It has no arm of that name.' });
      }
      await this.takeShare(manager, row, row.definition.share);
      row.planned = {
        ...planned,
        allocation: allocated(
          planned.allocation,
          arms.map(({ arm_id: ownerId, weight }) => ({ ownerId, buckets: buckets(weight) })),
        ),
      };
      for (const { arm_id: armId, weight } of arms) {
        await manager.update(ArmRow, { experimentId, armId }, { weight });
      }
      row.reweightedAt = new Date();
      // Analyses begin anew from here, and so does their check of the sample ratio.
      row.lowestSampleRatioP = 1;
    });
  }

  private async update(
    asked: {
      readonly experimentId: string;
      readonly who: string;
      readonly action: string;
      readonly reason: string;
    },
    work: (manager: EntityManager, row: ExperimentRow) => Promise<void>,
  ): Promise<StoredExperiment> {
    const { experimentId, who, action, reason } = asked;
    const subject = `experiment ${experimentId}`;
    const { value } = await this.control.change(
      { who, action, subject, reason },
      async (manager) => {
        const row = await findRow(manager, experimentId);
        await work(manager, row);
        return manager.save(ExperimentRow, row);
      },
    );
    return storedOf(value);
  }

  /** Gives the experiment this share of its layer; 0 gives all back. */
  private async takeShare(
    manager: EntityManager,
    row: ExperimentRow,
    share: number,
  ): Promise<void> {
    const { layerId, experimentId, definition } = row;
    const layer =
      (await manager.findOneBy(LayerRow, { layerId })) ??
      manager.create(LayerRow, {
        layerId,
        unit: definition.unit,
        salt: `layer ${layerId} ${randomUUID()}`,
        allocation: [],
      });
    const others = layer.allocation.filter(({ ownerId }) => ownerId !== experimentId);
    if (others.length === 0) layer.unit = definition.unit;
    if (layer.unit !== definition.unit) {
      throw conflict(`The layer ${layerId} assigns by ${layer.unit}: take another layer.`);
    }
    const weights = others.map(({ ownerId, ranges }) => ({
      ownerId,
      buckets: ranges.reduce((sum, { from, to }) => sum + to - from, 0),
    }));
    if (share > 0) weights.push({ ownerId: experimentId, buckets: buckets(share) });
    layer.allocation = allocated(layer.allocation, weights);
    await manager.save(LayerRow, layer);
  }

  private changeOf(action: string, definition: ExperimentDefinition, who: string, reason: string) {
    const subject = `experiment ${definition.experiment_id}`;
    return { who, action, subject, reason, detail: { definition } };
  }
}

function checkDefinition({ arms, control, forced, unit }: ExperimentDefinition): void {
  const errors: { pointer: string; detail: string }[] = [];
  const ids = arms.map(({ arm_id: armId }) => armId);
  if (new Set(ids).size < ids.length) {
    errors.push({ pointer: '/arms', detail: 'two arms have the same id' });
  }
  if (!ids.includes(control)) {
    errors.push({ pointer: '/control', detail: 'must be the id of one of the arms' });
  }
  if (arms.reduce((sum, { weight }) => sum + weight, 0) > 1 + ROUNDING) {
    errors.push({ pointer: '/arms', detail: 'the weights sum to more than 1' });
  }
  forced.forEach(({ arm_id: armId }, nth) => {
    if (ids.includes(armId)) return;
    errors.push({ pointer: `/forced/${nth}/arm_id`, detail: 'must be the id of one of the arms' });
  });
  if (new Set(forced.map((one) => one.unit)).size < forced.length) {
    errors.push({ pointer: '/forced', detail: `a ${unit} is forced twice` });
  }
  if (errors.length > 0) throw new AppError('DEFINITION_REFUSED', { errors });
}

function allocated(before: StoredAllocation, weights: readonly OwnerWeight[]): StoredAllocation {
  const result = reallocate(before, weights);
  if (result.kind === 'allocated') {
    return result.allocation.map(({ ownerId, ranges }) => ({ ownerId, ranges: [...ranges] }));
  }
  const taken = weights.slice(0, -1).reduce((sum, one) => sum + one.buckets, 0);
  throw conflict(`There is no room: ${(BUCKETS - taken) / 100} % of the layer is free.`);
}

function buckets(share: number): number {
  return Math.round(share * BUCKETS);
}

async function findRow(manager: EntityManager, experimentId: string): Promise<ExperimentRow> {
  const row = await manager.findOneBy(ExperimentRow, { experimentId });
  if (row !== null) return row;
  throw new AppError('EXPERIMENT_NOT_FOUND', {
    detail: 'See GET /v1/experiments for those there are.',
  });
}

function storedOf(row: ExperimentRow): StoredExperiment {
  return {
    state: row.state,
    definition: row.definition,
    created_at: row.createdAt.toISOString(),
    started_at: row.startedAt?.toISOString() ?? null,
    reweighted_at: row.reweightedAt?.toISOString() ?? null,
    stopped_at: row.stoppedAt?.toISOString() ?? null,
  };
}

function conflict(detail: string): AppError {
  return new AppError('CONTROL_CONFLICT', { detail });
}
