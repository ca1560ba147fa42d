import type { ArtifactReceipt, ChangeReceipt, PublishedPlan } from '#contracts/control.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, show, type ServiceSettings } from '../cli/service-client.js';
import { uploadFolder } from '../cli/upload-folder.js';
import { UserError } from '../cli/user-error.js';

const LIVE_MS_MAX = 10_000;
const POLL_MS = 50;

export interface PublishSettings extends ServiceSettings {
  readonly lists: string;
  readonly reason: string;
  /** Only makes it available, for a rollout or an experiment. */
  readonly stage?: boolean;
}

/**
 * Uploads a ruleset with its lists and puts it in charge on every node; says when it is live.
 *
 * @throws UserError when it is refused, or a node does not take it.
 */
export async function publishRules(folder: string, settings: PublishSettings): Promise<void> {
  const files = [
    ...(await uploadFolder(folder.replace(/\/+$/, ''), 'ruleset/')),
    ...(await uploadFolder(settings.lists.replace(/\/+$/, ''), 'lists/')),
  ];
  const put = { method: 'PUT', path: '/v1/rulesets', body: { files } } as const;
  const { ref } = await ask<ArtifactReceipt>(put, settings);
  if (settings.stage === true) {
    show({ ref }, settings, () => [`available as ${ref}; it decides nothing yet`]);
    return;
  }
  const before = await ask<PublishedPlan>({ path: '/v1/traffic-plan' }, settings);
  const variant = { ...before.plan.champion, ruleset: ref };
  const body = { variant, reason: settings.reason };
  const startedMs = performance.now();
  const champion = { method: 'PUT', path: '/v1/champion', body } as const;
  const { version } = await ask<ChangeReceipt>(champion, settings);
  const nodes = await untilLive(settings);
  const liveMs = Math.round(performance.now() - startedMs);
  show({ ref, version, nodes, live_ms: liveMs }, settings, () => [
    `ruleset ${ref} decides, traffic plan ${version}: live on ${nodes} nodes after ${liveMs} ms`,
  ]);
}

async function untilLive(settings: ServiceSettings): Promise<number> {
  const endsMs = performance.now() + LIVE_MS_MAX;
  for (;;) {
    const plan = await ask<PublishedPlan>({ path: '/v1/traffic-plan' }, settings);
    const live = plan.nodes.filter((node) => node.is_live);
    if (plan.is_live_everywhere) return live.length;
    if (performance.now() > endsMs) {
      const late = live.filter((node) => !node.is_current);
      const what = late.map((node) => `${node.node_id}: ${node.refusal ?? 'not yet'}`).join('; ');
      throw new UserError(
        live.length === 0 ? 'no node tells what it serves' : `not live everywhere: ${what}`,
        'it is published all the same; see npm run rollout -- status',
      );
    }
    await sleep(POLL_MS);
  }
}
