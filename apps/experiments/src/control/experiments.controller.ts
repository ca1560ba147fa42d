import { Body, Controller, Get, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ReasonRequest } from '#contracts/control.js';
import type { ErrorCode } from '#contracts/error-catalogue.js';
import {
  ExperimentDefinition,
  ExperimentList,
  Reweighting,
  StoredExperiment,
} from '#contracts/experiment.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { answered } from '../answered.js';
import { ExperimentsService } from './experiments.service.js';
import { whoAsks } from './who-asks.js';

const changeErrors: readonly ErrorCode[] = [
  'EXPERIMENT_NOT_FOUND',
  'DEFINITION_REFUSED',
  'CONTROL_CONFLICT',
  'DATABASE_UNAVAILABLE',
];
const experimentExample = {
  experiment_id: 'softer-decline',
  name: 'Decline from 850 on',
  arms: [
    { arm_id: 'control', weight: 0.5 },
    {
      arm_id: 'softer',
      weight: 0.5,
      variant: { thresholds: { challenge: 300, review: 600, decline: 850 } },
    },
  ],
  control: 'control',
  primary_metric: 'approval_rate',
  minimal_effect_relative: 0.01,
  planned_units: 17_000,
  horizon_days: 60,
  currency: 'EUR',
};

@Controller('v1/experiments')
export class ExperimentsController {
  constructor(@Inject(ExperimentsService) private readonly experiments: ExperimentsService) {}

  @Get()
  @Returns(200, ExperimentList)
  @RequireScope('read')
  @Describe({
    operationId: 'listExperiments',
    tag: 'Experiments',
    summary: 'Every experiment, the newest first',
    errors: ['DATABASE_UNAVAILABLE'],
  })
  async list(): Promise<ExperimentList> {
    return { experiments: await answered(() => this.experiments.list()) };
  }

  @Get(':id')
  @Returns(200, StoredExperiment)
  @RequireScope('read')
  @Describe({
    operationId: 'getExperiment',
    tag: 'Experiments',
    summary: 'An experiment: its definition and its state',
    errors: ['EXPERIMENT_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
  })
  find(@Param('id') id: string): Promise<StoredExperiment> {
    return answered(() => this.experiments.find(id));
  }

  @Post()
  @Returns(201, StoredExperiment)
  @RequireScope('publish')
  @Describe({
    operationId: 'createExperiment',
    tag: 'Experiments',
    summary: 'Define an experiment, as a draft that nobody is in yet',
    body: ExperimentDefinition,
    errors: ['DEFINITION_REFUSED', 'CONTROL_CONFLICT', 'DATABASE_UNAVAILABLE'],
    requestExamples: { 'softer thresholds': experimentExample },
  })
  create(@Req() request: FastifyRequest, @Body() body: unknown): Promise<StoredExperiment> {
    const definition = validateBody<ExperimentDefinition>(ExperimentDefinition, body);
    return answered(() => this.experiments.create(definition, whoAsks(request)));
  }

  @Post(':id/start')
  @Returns(201, StoredExperiment)
  @RequireScope('publish')
  @Describe({
    operationId: 'startExperiment',
    tag: 'Experiments',
    summary: 'Start an experiment: from here on its arms decide',
    body: ReasonRequest,
    errors: changeErrors,
  })
  start(@Req() request: FastifyRequest, @Param('id') id: string): Promise<StoredExperiment> {
    const { reason } = validateBody(ReasonRequest, request.body);
    return answered(() => this.experiments.start(id, reason, whoAsks(request)));
  }

  @Post(':id/stop')
  @Returns(201, StoredExperiment)
  @RequireScope('publish')
  @Describe({
    operationId: 'stopExperiment',
    tag: 'Experiments',
    summary: 'Stop an experiment; its analysis stays',
    body: ReasonRequest,
    errors: changeErrors,
  })
  stop(@Req() request: FastifyRequest, @Param('id') id: string): Promise<StoredExperiment> {
    const { reason } = validateBody(ReasonRequest, request.body);
    return answered(() => this.experiments.stop(id, reason, whoAsks(request)));
  }

  @Post(':id/weights')
  @Returns(201, StoredExperiment)
  @RequireScope('publish')
  @Describe({
    operationId: 'reweighExperiment',
    tag: 'Experiments',
    summary: 'Change the weights of a running experiment',
    description: 'As few units move as can be. The analysis begins anew from then on.',
    body: Reweighting,
    errors: changeErrors,
  })
  reweigh(@Req() request: FastifyRequest, @Param('id') id: string): Promise<StoredExperiment> {
    const change = validateBody<Reweighting>(Reweighting, request.body);
    return answered(() => this.experiments.reweigh(id, change, whoAsks(request)));
  }
}
