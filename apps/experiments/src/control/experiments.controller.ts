import { Body, Controller, Get, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ReasonRequest } from '#contracts/control.js';
import { ExperimentDefinition, Reweighting, type StoredExperiment } from '#contracts/experiment.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { answered } from '../answered.js';
import { ExperimentsService } from './experiments.service.js';
import { whoAsks } from './who-asks.js';

@Controller('v1/experiments')
export class ExperimentsController {
  constructor(@Inject(ExperimentsService) private readonly experiments: ExperimentsService) {}

  @Get()
  @RequireScope('read')
  async list(): Promise<{ readonly experiments: StoredExperiment[] }> {
    return { experiments: await answered(() => this.experiments.list()) };
  }

  @Get(':id')
  @RequireScope('read')
  find(@Param('id') id: string): Promise<StoredExperiment> {
    return answered(() => this.experiments.find(id));
  }

  @Post()
  @RequireScope('publish')
  create(@Req() request: FastifyRequest, @Body() body: unknown): Promise<StoredExperiment> {
    const definition = validateBody<ExperimentDefinition>(ExperimentDefinition, body);
    return answered(() => this.experiments.create(definition, whoAsks(request)));
  }

  @Post(':id/start')
  @RequireScope('publish')
  start(@Req() request: FastifyRequest, @Param('id') id: string): Promise<StoredExperiment> {
    const { reason } = validateBody(ReasonRequest, request.body);
    return answered(() => this.experiments.start(id, reason, whoAsks(request)));
  }

  @Post(':id/stop')
  @RequireScope('publish')
  stop(@Req() request: FastifyRequest, @Param('id') id: string): Promise<StoredExperiment> {
    const { reason } = validateBody(ReasonRequest, request.body);
    return answered(() => this.experiments.stop(id, reason, whoAsks(request)));
  }

  @Post(':id/weights')
  @RequireScope('publish')
  reweigh(@Req() request: FastifyRequest, @Param('id') id: string): Promise<StoredExperiment> {
    const change = validateBody<Reweighting>(Reweighting, request.body);
    return answered(() => this.experiments.reweigh(id, change, whoAsks(request)));
  }
}
