import { Controller, Delete, Get, Inject, Param, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  ArtifactReceipt,
  ArtifactUpload,
  AuditPage,
  ChampionRequest,
  ChangeReceipt,
  ExplorationRequest,
  PublishedPlan,
  ReasonRequest,
  ShadowRequest,
} from '#contracts/control.js';
import type { ErrorCode } from '#contracts/error-catalogue.js';
import { PlannedShadow } from '#contracts/traffic-plan.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { DocumentScope, RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { answered } from '../answered.js';
import { ArtifactsService } from './artifacts.service.js';
import { TrafficService } from './traffic.service.js';
import { whoAsks } from './who-asks.js';

const artifactErrors: readonly ErrorCode[] = [
  'ARTIFACT_REFUSED',
  'CONTROL_CONFLICT',
  'DATABASE_UNAVAILABLE',
];

/** What decides for everyone, and what may. */
@Controller('v1')
export class TrafficController {
  constructor(
    @Inject(TrafficService) private readonly traffic: TrafficService,
    @Inject(ArtifactsService) private readonly artifacts: ArtifactsService,
  ) {}

  @Get('traffic-plan')
  @Returns(200, PublishedPlan)
  @RequireScope('read')
  @Describe({
    operationId: 'getTrafficPlan',
    tag: 'What decides',
    summary: 'What decides for whom, and which nodes serve it',
    errors: ['DATABASE_UNAVAILABLE'],
  })
  plan(): Promise<PublishedPlan> {
    return answered(() => this.traffic.plan());
  }

  @Get('audit')
  @Returns(200, AuditPage)
  @RequireScope('read')
  @Describe({
    operationId: 'getAudit',
    tag: 'What decides',
    summary: 'Who changed what, and why; the newest first',
    errors: ['DATABASE_UNAVAILABLE'],
  })
  audit(): Promise<AuditPage> {
    return answered(() => this.traffic.audit());
  }

  @Put('rulesets')
  @Returns(200, ArtifactReceipt)
  @DocumentScope('publish')
  @Describe({
    operationId: 'publishRuleset',
    tag: 'Artifacts',
    summary: 'Publish a ruleset, to be named by its hash',
    description:
      'Its files as `ruleset/<name>`, the lists beside it as `lists/<name>`. It is checked as a node ' +
      'would check it, and decides nothing until something names it.',
    body: ArtifactUpload,
    errors: artifactErrors,
  })
  putRuleset(@Req() request: FastifyRequest): Promise<ArtifactReceipt> {
    return this.putArtifact('ruleset', request);
  }

  @Put('models')
  @Returns(200, ArtifactReceipt)
  @DocumentScope('publish')
  @Describe({
    operationId: 'publishModel',
    tag: 'Artifacts',
    summary: 'Publish a model bundle, to be named as `id/version`',
    description:
      'Its files by their names. It is checked as a node would check it, and decides nothing until ' +
      'something names it.',
    body: ArtifactUpload,
    errors: artifactErrors,
  })
  putModel(@Req() request: FastifyRequest): Promise<ArtifactReceipt> {
    return this.putArtifact('model', request);
  }

  @Put('champion')
  @Returns(200, ChangeReceipt)
  @RequireScope('publish')
  @Describe({
    operationId: 'setChampion',
    tag: 'What decides',
    summary: 'Put a model, a ruleset or thresholds in charge at once',
    description:
      'For everyone that no experiment or rollout decides for. A rollout is the gentler way.',
    body: ChampionRequest,
    errors: ['DEFINITION_REFUSED', 'DATABASE_UNAVAILABLE'],
  })
  setChampion(@Req() request: FastifyRequest): Promise<ChangeReceipt> {
    const body = validateBody<ChampionRequest>(ChampionRequest, request.body);
    return answered(() => this.traffic.setChampion(body, whoAsks(request)));
  }

  @Put('exploration')
  @Returns(200, ChangeReceipt)
  @RequireScope('publish')
  @Describe({
    operationId: 'setExploration',
    tag: 'Exploration',
    summary: 'Let a small, capped share of would-be declines through, or end that',
    body: ExplorationRequest,
    errors: ['DATABASE_UNAVAILABLE'],
  })
  setExploration(@Req() request: FastifyRequest): Promise<ChangeReceipt> {
    const body = validateBody<ExplorationRequest>(ExplorationRequest, request.body);
    return answered(() => this.traffic.setExploration(body, whoAsks(request)));
  }

  @Put('shadows/:id')
  @Returns(200, ChangeReceipt)
  @RequireScope('publish')
  @Describe({
    operationId: 'putShadow',
    tag: 'Shadows',
    summary: 'Let a variant judge what others decide',
    body: ShadowRequest,
    errors: ['DEFINITION_REFUSED', 'DATABASE_UNAVAILABLE'],
  })
  putShadow(@Req() request: FastifyRequest, @Param('id') id: string): Promise<ChangeReceipt> {
    const body = validateBody<ShadowRequest>(ShadowRequest, request.body);
    const shadowId = validateBody(PlannedShadow.shape.shadow_id, id);
    return answered(() => this.traffic.putShadow(shadowId, body, whoAsks(request)));
  }

  @Delete('shadows/:id')
  @Returns(200, ChangeReceipt)
  @RequireScope('publish')
  @Describe({
    operationId: 'removeShadow',
    tag: 'Shadows',
    summary: 'End a shadow',
    body: ReasonRequest,
    errors: ['DATABASE_UNAVAILABLE'],
  })
  removeShadow(@Req() request: FastifyRequest, @Param('id') id: string): Promise<ChangeReceipt> {
    const { reason } = validateBody(ReasonRequest, request.body);
    return answered(() => this.traffic.removeShadow(id, reason, whoAsks(request)));
  }

  @Delete('demoted-rules/:id')
  @Returns(200, ChangeReceipt)
  @RequireScope('publish')
  @Describe({
    operationId: 'restoreRule',
    tag: 'What decides',
    summary: 'Put a rule back in force that its circuit breaker took out',
    body: ReasonRequest,
    errors: ['DATABASE_UNAVAILABLE'],
  })
  restoreRule(@Req() request: FastifyRequest, @Param('id') id: string): Promise<ChangeReceipt> {
    const { reason } = validateBody(ReasonRequest, request.body);
    return answered(() => this.traffic.restore(id, reason, whoAsks(request)));
  }

  private putArtifact(
    kind: 'model' | 'ruleset',
    request: FastifyRequest,
  ): Promise<ArtifactReceipt> {
    const upload = validateBody<ArtifactUpload>(ArtifactUpload, request.body);
    return answered(() => this.artifacts.publish(kind, upload, whoAsks(request)));
  }
}
