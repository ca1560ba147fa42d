import { Controller, Get, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RolloutCommand, RolloutRequest, type RolloutReport } from '#contracts/rollout.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { answered } from '../answered.js';
import { whoAsks } from '../control/who-asks.js';
import { RolloutsService } from './rollouts.service.js';

@Controller('v1/rollouts')
export class RolloutsController {
  constructor(@Inject(RolloutsService) private readonly rollouts: RolloutsService) {}

  @Get()
  @RequireScope('read')
  async list(): Promise<{ readonly rollouts: RolloutReport[] }> {
    return { rollouts: await answered(() => this.rollouts.list()) };
  }

  @Get(':id')
  @RequireScope('read')
  find(@Param('id') id: string): Promise<RolloutReport> {
    return answered(() => this.rollouts.report(id));
  }

  @Post()
  @RequireScope('publish')
  start(@Req() request: FastifyRequest): Promise<RolloutReport> {
    const asked = validateBody<RolloutRequest>(RolloutRequest, request.body);
    return answered(() => this.rollouts.start(asked, whoAsks(request)));
  }

  @Post(':id/commands')
  @RequireScope('publish')
  command(@Req() request: FastifyRequest, @Param('id') id: string): Promise<RolloutReport> {
    const command = validateBody<RolloutCommand>(RolloutCommand, request.body);
    return answered(() => this.rollouts.command(id, command, whoAsks(request)));
  }
}
