import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '#contracts/app-error.js';
import type { RolloutCommand, RolloutReport, RolloutRequest } from '#contracts/rollout.js';
import type { Variant } from '#contracts/traffic-plan.js';
import { reallocate } from '#experimentation/assignment/allocation.js';
import { BUCKETS } from '#experimentation/assignment/bucket.js';
import { advanceRollout } from '#experimentation/rollout/advance-rollout.js';
import {
  startRollout,
  type RolloutEvent,
  type RolloutState,
  type RolloutStep,
} from '#experimentation/rollout/rollout-state.js';
import type { ControlPlane } from '#store/postgres/control-plane.js';
import {
  RolloutEventRow,
  RolloutRow,
  SettingRow,
  type StoredAllocation,
} from '#store/postgres/control-plane.entities.js';
import type { Clock } from '#telemetry/clock.js';
import { ArtifactsService } from '../control/artifacts.service.js';
import { BASELINE, CANDIDATE, CHAMPION } from '../control/compose-plan.js';
import type { DecisionTerms } from '../control/decision-terms.js';
import { CLOCK, CONTROL_PLANE, DECISION_TERMS } from '../tokens.js';
import { planOf, type StoredPlan } from './rollout-plan.js';

const TOLLGATE = 'tollgate';
const EVENTS_MAX = 100;

/** A rollout as it is walked. */
export interface ActiveRollout {
  readonly row: RolloutRow;
  readonly plan: StoredPlan;
  readonly state: RolloutState;
}

/** Starts rollouts, moves them on, and takes them back. */
@Injectable()
export class RolloutsService {
  constructor(
    @Inject(CONTROL_PLANE) private readonly control: ControlPlane,
    @Inject(DECISION_TERMS) private readonly terms: DecisionTerms,
    @Inject(ArtifactsService) private readonly artifacts: ArtifactsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async start(request: RolloutRequest, who: string): Promise<RolloutReport> {
    const { rollout_id: rolloutId, variant, unit } = request;
    this.terms.checkUnit(unit);
    if (variant.model === null && variant.ruleset === null && variant.thresholds === null) {
      throw new AppError('DEFINITION_REFUSED', {
        errors: [{ pointer: '/variant', detail: 'name a model, a ruleset or thresholds' }],
      });
    }
    const plan = planOf(request);
    const nowMs = this.clock.wallMs();
    const subject = `rollout ${rolloutId}`;
    const change = { who, action: 'start', subject, reason: 'asked for', detail: { request } };
    await this.control.change(change, async (manager) => {
      await this.artifacts.checkVariants(manager, [variant]);
      if (await manager.existsBy(RolloutRow, { rolloutId })) {
        throw new AppError('CONTROL_CONFLICT', {
          detail: 'A rollout with this id exists: a new attempt is a new rollout.',
        });
      }
      await manager.insert(RolloutRow, {
        rolloutId,
        request,
        plan,
        state: startRollout(nowMs),
        isOver: false,
        allocation: allocationOf([], plan.stages[0]?.share ?? 0),
        sentence: 'Started.',
        stageSince: new Date(nowMs),
      });
      await manager.insert(RolloutEventRow, {
        rolloutId,
        action: 'start',
        sentence: `Started by ${who}.`,
      });
    });
    return this.report(rolloutId);
  }

  async command(
    rolloutId: string,
    { command, reason }: RolloutCommand,
    who: string,
  ): Promise<RolloutReport> {
    await this.findRow(this.control.manager, rolloutId);
    const event = { kind: command, nowMs: this.clock.wallMs(), by: who } as const;
    await this.advance(rolloutId, event, { who, reason });
    return this.report(rolloutId);
  }

  async list(): Promise<RolloutReport[]> {
    const rows = await this.control.manager.find(RolloutRow, { order: { createdAt: 'DESC' } });
    return Promise.all(rows.map((row) => this.reportOf(row)));
  }

  async report(rolloutId: string): Promise<RolloutReport> {
    return this.reportOf(await this.findRow(this.control.manager, rolloutId));
  }

  /** Those that are not over, to be measured. */
  async active(): Promise<ActiveRollout[]> {
    const rows = await this.control.manager.findBy(RolloutRow, { isOver: false });
    return rows.map(activeOf);
  }

  /** What a measurement means for a rollout; changes traffic where it must. */
  async tick(active: ActiveRollout, event: RolloutEvent): Promise<RolloutStep> {
    const { row, state, plan } = active;
    const step = advanceRollout(state, event, plan);
    if (step.action.kind === 'hold') {
      if (step.action.sentence !== row.sentence) {
        const { rolloutId } = row;
        const { sentence } = step.action;
        await this.control.manager.update(RolloutRow, { rolloutId, isOver: false }, { sentence });
      }
      return step;
    }
    const reason = step.action.sentence;
    return (await this.advance(row.rolloutId, event, { who: TOLLGATE, reason })) ?? step;
  }

  /** One event against the state as it is under the lock; null where the rollout is over. */
  private async advance(
    rolloutId: string,
    event: RolloutEvent,
    by: { readonly who: string; readonly reason: string },
  ): Promise<RolloutStep | null> {
    const change = {
      who: by.who,
      action: event.kind === 'tick' ? 'advance' : event.kind,
      subject: `rollout ${rolloutId}`,
      reason: by.reason,
    };
    const { value } = await this.control.change(change, async (manager) => {
      const { row, plan, state } = activeOf(await this.findRow(manager, rolloutId));
      if (row.isOver && event.kind !== 'roll_back') return null;
      const step = advanceRollout(state, event, plan);
      await apply(manager, row, step, event.nowMs);
      await manager.insert(RolloutEventRow, {
        rolloutId,
        action: step.action.kind === 'hold' ? event.kind : step.action.kind,
        sentence:
          event.kind === 'tick' ? step.action.sentence : `${step.action.sentence} ${by.reason}`,
        ...evidenceOf(event, step),
      });
      return step;
    });
    return value;
  }

  private async findRow(manager: EntityManager, rolloutId: string): Promise<RolloutRow> {
    const row = await manager.findOneBy(RolloutRow, { rolloutId });
    if (row !== null) return row;
    throw new AppError('ROLLOUT_NOT_FOUND', {
      detail: 'See GET /v1/rollouts for those there are.',
    });
  }

  private async reportOf(row: RolloutRow): Promise<RolloutReport> {
    const { plan, state } = activeOf(row);
    const events = await this.control.manager.find(RolloutEventRow, {
      where: { rolloutId: row.rolloutId },
      order: { id: 'ASC' },
      take: EVENTS_MAX,
    });
    const stage = state.kind === 'running' || state.kind === 'paused' ? state.stage : null;
    return {
      rollout_id: row.rolloutId,
      status: state.kind,
      variant: row.request.variant,
      stage,
      share: stage === null ? null : (plan.stages[stage]?.share ?? null),
      stages: plan.stages.map(({ share, minutesMin, decisionsMin }) => ({
        share,
        minutes_min: minutesMin,
        decisions_min: decisionsMin,
      })),
      sentence: row.sentence,
      created_at: row.createdAt.toISOString(),
      events: events.map(({ happenedAt, action, sentence, evidence }) => ({
        happened_at: happenedAt.toISOString(),
        action,
        sentence,
        evidence,
      })),
    };
  }
}

function activeOf(row: RolloutRow): ActiveRollout {
  return { row, plan: row.plan as StoredPlan, state: row.state as RolloutState };
}

/** Carries out a step: moves the share, hands over for good, or takes everything back. */
async function apply(
  manager: EntityManager,
  row: RolloutRow,
  { action, state }: RolloutStep,
  nowMs: number,
): Promise<void> {
  const before = activeOf(row).state.kind;
  row.state = state;
  row.sentence = action.sentence;
  row.isOver = state.kind === 'completed' || state.kind === 'rolled_back';
  if (action.kind === 'promote') row.allocation = allocationOf(row.allocation, action.share);
  if (state.kind === 'running') row.stageSince = new Date(nowMs);
  if (action.kind === 'complete') await handOver(manager, row);
  if (action.kind === 'roll_back' && before === 'completed') await takeBack(manager, row);
  await manager.save(RolloutRow, row);
}

/** The candidate becomes the champion; what it replaces is kept with the rollout. */
async function handOver(manager: EntityManager, row: RolloutRow): Promise<void> {
  const { variant } = row.request;
  row.previous = await championOf(manager);
  const value: Variant = {
    model: variant.model ?? row.previous.model,
    ruleset: variant.ruleset ?? row.previous.ruleset,
    thresholds: variant.thresholds ?? row.previous.thresholds,
  };
  await manager.save(SettingRow, { name: CHAMPION, value });
}

/** What it replaced decides again, in the parts that nobody has changed since. */
async function takeBack(manager: EntityManager, row: RolloutRow): Promise<void> {
  const { previous, request } = row;
  if (previous === null) return;
  const now = await championOf(manager);
  const part = <Part extends keyof Variant>(name: Part): Variant[Part] =>
    isDeepStrictEqual(now[name], request.variant[name]) ? previous[name] : now[name];
  const value: Variant = {
    model: part('model'),
    ruleset: part('ruleset'),
    thresholds: part('thresholds'),
  };
  await manager.save(SettingRow, { name: CHAMPION, value });
}

async function championOf(manager: EntityManager): Promise<Variant> {
  const row = await manager.findOneBy(SettingRow, { name: CHAMPION });
  return (row?.value as Variant | undefined) ?? { model: null, ruleset: null, thresholds: null };
}

function allocationOf(before: StoredAllocation, share: number): StoredAllocation {
  const candidate = Math.round(share * BUCKETS);
  const weights = [
    { ownerId: CANDIDATE, buckets: candidate },
    { ownerId: BASELINE, buckets: BUCKETS - candidate },
  ];
  const result = reallocate(before, weights);
  if (result.kind !== 'allocated') throw new Error(`a share of ${share}: ${result.reason}`);
  return result.allocation.map(({ ownerId, ranges }) => ({ ownerId, ranges: [...ranges] }));
}

/** What was measured when it was decided, for whoever asks later why. */
function evidenceOf(event: RolloutEvent, { action }: RolloutStep): { readonly evidence?: object } {
  if (event.kind !== 'tick') return {};
  const findings = action.kind === 'roll_back' ? action.evidence : [];
  return { evidence: { measurement: event.measurement, findings } };
}
