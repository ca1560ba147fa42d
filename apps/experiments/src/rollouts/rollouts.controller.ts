import { Controller, Get, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RolloutCommand, RolloutList, RolloutReport, RolloutRequest } from '#contracts/rollout.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { answered } from '../answered.js';
import { whoAsks } from '../control/who-asks.js';
import { RolloutsService } from './rollouts.service.js';

@Controller('v1/rollouts')
export class RolloutsController {
  constructor(@Inject(RolloutsService) private readonly rollouts: RolloutsService) {}

  @Get()
  @Returns(200, RolloutList)
  @RequireScope('read')
  @Describe({
    operationId: 'listRollouts',
    tag: 'Rollouts',
    summary: 'Every rollout, the newest first',
    errors: ['DATABASE_UNAVAILABLE'],
  })
  async list(): Promise<RolloutList> {
    return { rollouts: await answered(() => this.rollouts.list()) };
  }

  @Get(':id')
  @Returns(200, RolloutReport)
  @RequireScope('read')
  @Describe({
    operationId: 'getRollout',
    tag: 'Rollouts',
    summary: 'Where a rollout stands, what it waits for, and the evidence of every step',
    errors: ['ROLLOUT_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
  })
  find(@Param('id') id: string): Promise<RolloutReport> {
    return answered(() => this.rollouts.report(id));
  }

  @Post()
  @Returns(201, RolloutReport)
  @RequireScope('publish')
  @Describe({
    operationId: 'startRollout',
    tag: 'Rollouts',
    summary: 'Let a model, a ruleset or thresholds take over step by step',
    description:
      'In shadow first, then for a growing share. It is taken back by itself when it hurts, and goes on ' +
      'by itself only when it has seen enough.',
    body: RolloutRequest,
    errors: ['DEFINITION_REFUSED', 'CONTROL_CONFLICT', 'DATABASE_UNAVAILABLE'],
    requestExamples: {
      'a model': { rollout_id: 'fraud-2', variant: { model: 'fraud/2' } },
    },
  })
  start(@Req() request: FastifyRequest): Promise<RolloutReport> {
    const asked = validateBody<RolloutRequest>(RolloutRequest, request.body);
    return answered(() => this.rollouts.start(asked, whoAsks(request)));
  }

  @Post(':id/commands')
  @Returns(201, RolloutReport)
  @RequireScope('publish')
  @Describe({
    operationId: 'commandRollout',
    tag: 'Rollouts',
    summary: 'Pause a rollout, resume it, promote it by a stage, or roll it back',
    body: RolloutCommand,
    errors: ['ROLLOUT_NOT_FOUND', 'CONTROL_CONFLICT', 'DATABASE_UNAVAILABLE'],
    requestExamples: {
      'a halt': { command: 'pause', reason: 'The shop reports odd declines' },
    },
  })
  command(@Req() request: FastifyRequest, @Param('id') id: string): Promise<RolloutReport> {
    const command = validateBody<RolloutCommand>(RolloutCommand, request.body);
    return answered(() => this.rollouts.command(id, command, whoAsks(request)));
  }
}
