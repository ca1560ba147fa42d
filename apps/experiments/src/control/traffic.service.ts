import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type {
  AuditPage,
  ChampionRequest,
  ChangeReceipt,
  ExplorationRequest,
  PublishedPlan,
  ShadowRequest,
} from '#contracts/control.js';
import { ownFoldersPlan, type ExplorationPlan } from '#contracts/traffic-plan.js';
import type { ControlPlane } from '#store/postgres/control-plane.js';
import {
  AuditRow,
  NodeRow,
  SettingRow,
  ShadowRow,
} from '#store/postgres/control-plane.entities.js';
import type { Clock } from '#telemetry/clock.js';
import { CLOCK, CONTROL_PLANE } from '../tokens.js';
import { ArtifactsService } from './artifacts.service.js';
import { CHAMPION, DEMOTED_RULES, EXPLORATION } from './compose-plan.js';

/** Nodes tell of themselves each 5 s: one that missed two is not there. */
const LIVE_MS = 12_000;
const AUDIT_PAGE = 200;

/** What decides for everyone, what judges in shadow, and who serves it. */
@Injectable()
export class TrafficService {
  constructor(
    @Inject(CONTROL_PLANE) private readonly control: ControlPlane,
    @Inject(ArtifactsService) private readonly artifacts: ArtifactsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async plan(): Promise<PublishedPlan> {
    const row = await this.control.current();
    const version = row?.version ?? null;
    const rows = await this.control.manager.find(NodeRow, { order: { nodeId: 'ASC' } });
    const nowMs = this.clock.wallMs();
    const nodes = rows.map((node) => ({
      node_id: node.nodeId,
      version: node.version,
      is_live: nowMs - node.seenAt.getTime() < LIVE_MS,
      is_current: node.version === version,
      refusal: node.refusal,
      seen_at: node.seenAt.toISOString(),
    }));
    const live = nodes.filter((node) => node.is_live);
    return {
      version,
      published_at: row?.publishedAt.toISOString() ?? null,
      published_by: row?.publishedBy ?? null,
      reason: row?.reason ?? null,
      plan: row?.plan ?? ownFoldersPlan,
      is_live_everywhere: live.length > 0 && live.every((node) => node.is_current),
      nodes,
    };
  }

  async setChampion({ variant, reason }: ChampionRequest, who: string): Promise<ChangeReceipt> {
    const change = { who, action: 'set', subject: 'champion', reason, detail: { variant } };
    const { version } = await this.control.change(change, async (manager) => {
      await this.artifacts.checkVariants(manager, [variant]);
      await manager.save(SettingRow, { name: CHAMPION, value: variant });
    });
    return { version };
  }

  async setExploration(request: ExplorationRequest, who: string): Promise<ChangeReceipt> {
    const { exploration, reason } = request;
    const change = { who, action: 'set', subject: 'exploration', reason, detail: { exploration } };
    const { version } = await this.control.change(change, async (manager) => {
      const before = await manager.findOneBy(SettingRow, { name: EXPLORATION });
      const salt = (before?.value as ExplorationPlan | null | undefined)?.salt;
      // Another share explores the same payments and more, or fewer of them.
      const value =
        exploration === null
          ? null
          : { salt: salt ?? `exploration ${randomUUID()}`, ...exploration };
      if (value === null) await manager.delete(SettingRow, { name: EXPLORATION });
      else await manager.save(SettingRow, { name: EXPLORATION, value });
    });
    return { version };
  }

  async putShadow(id: string, request: ShadowRequest, who: string): Promise<ChangeReceipt> {
    const { variant, reason } = request;
    const change = { who, action: 'put', subject: `shadow ${id}`, reason, detail: { variant } };
    const { version } = await this.control.change(change, async (manager) => {
      await this.artifacts.checkVariants(manager, [variant]);
      await manager.save(ShadowRow, { shadowId: id, variant });
    });
    return { version };
  }

  async removeShadow(id: string, reason: string, who: string): Promise<ChangeReceipt> {
    const change = { who, action: 'remove', subject: `shadow ${id}`, reason };
    const { version } = await this.control.change(change, (manager) =>
      manager.delete(ShadowRow, { shadowId: id }),
    );
    return { version };
  }

  /** Puts a rule into shadow on every node, whatever ruleset has it. */
  demote(ruleId: string, reason: string, who: string): Promise<ChangeReceipt> {
    return this.changeDemoted('demote', ruleId, reason, { who, after: (ids) => [...ids, ruleId] });
  }

  /** Lets a demoted rule decide again. */
  restore(ruleId: string, reason: string, who: string): Promise<ChangeReceipt> {
    const after = (ids: readonly string[]) => ids.filter((id) => id !== ruleId);
    return this.changeDemoted('restore', ruleId, reason, { who, after });
  }

  async audit(): Promise<AuditPage> {
    const rows = await this.control.manager.find(AuditRow, {
      order: { id: 'DESC' },
      take: AUDIT_PAGE,
    });
    return {
      entries: rows.map(({ happenedAt, who, action, subject, detail }) => ({
        happened_at: happenedAt.toISOString(),
        who,
        action,
        subject,
        detail,
      })),
    };
  }

  private async changeDemoted(
    action: string,
    ruleId: string,
    reason: string,
    {
      who,
      after,
    }: {
      readonly who: string;
      readonly after: (ids: readonly string[]) => readonly string[];
    },
  ): Promise<ChangeReceipt> {
    const change = { who, action, subject: `rule ${ruleId}`, reason };
    const { version } = await this.control.change(change, async (manager) => {
      const row = await manager.findOneBy(SettingRow, { name: DEMOTED_RULES });
      const value = [...new Set(after((row?.value as string[] | undefined) ?? []))].sort();
      await manager.save(SettingRow, { name: DEMOTED_RULES, value });
    });
    return { version };
  }
}
