import { Controller, Delete, Get, Inject, Param, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import {
  ArtifactUpload,
  ChampionRequest,
  ExplorationRequest,
  ReasonRequest,
  ShadowRequest,
  type ArtifactReceipt,
  type AuditPage,
  type ChangeReceipt,
  type PublishedPlan,
} from '#contracts/control.js';
import { PlannedShadow } from '#contracts/traffic-plan.js';
import { DocumentScope, RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { answered } from '../answered.js';
import { ArtifactsService } from './artifacts.service.js';
import { TrafficService } from './traffic.service.js';
import { whoAsks } from './who-asks.js';

/** What decides for everyone, and what may. */
@Controller('v1')
export class TrafficController {
  constructor(
    @Inject(TrafficService) private readonly traffic: TrafficService,
    @Inject(ArtifactsService) private readonly artifacts: ArtifactsService,
  ) {}

  @Get('traffic-plan')
  @RequireScope('read')
  plan(): Promise<PublishedPlan> {
    return answered(() => this.traffic.plan());
  }

  @Get('audit')
  @RequireScope('read')
  audit(): Promise<AuditPage> {
    return answered(() => this.traffic.audit());
  }

  @Put('rulesets')
  @DocumentScope('publish')
  putRuleset(@Req() request: FastifyRequest): Promise<ArtifactReceipt> {
    return this.putArtifact('ruleset', request);
  }

  @Put('models')
  @DocumentScope('publish')
  putModel(@Req() request: FastifyRequest): Promise<ArtifactReceipt> {
    return this.putArtifact('model', request);
  }

  @Put('champion')
  @RequireScope('publish')
  setChampion(@Req() request: FastifyRequest): Promise<ChangeReceipt> {
    const body = validateBody<ChampionRequest>(ChampionRequest, request.body);
    return answered(() => this.traffic.setChampion(body, whoAsks(request)));
  }

  @Put('exploration')
  @RequireScope('publish')
  setExploration(@Req() request: FastifyRequest): Promise<ChangeReceipt> {
    const body = validateBody<ExplorationRequest>(ExplorationRequest, request.body);
    return answered(() => this.traffic.setExploration(body, whoAsks(request)));
  }

  @Put('shadows/:id')
  @RequireScope('publish')
  putShadow(@Req() request: FastifyRequest, @Param('id') id: string): Promise<ChangeReceipt> {
    const body = validateBody<ShadowRequest>(ShadowRequest, request.body);
    const shadowId = validateBody(PlannedShadow.shape.shadow_id, id);
    return answered(() => this.traffic.putShadow(shadowId, body, whoAsks(request)));
  }

  @Delete('shadows/:id')
  @RequireScope('publish')
  removeShadow(@Req() request: FastifyRequest, @Param('id') id: string): Promise<ChangeReceipt> {
    const { reason } = validateBody(ReasonRequest, request.body);
    return answered(() => this.traffic.removeShadow(id, reason, whoAsks(request)));
  }

  @Delete('demoted-rules/:id')
  @RequireScope('publish')
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
