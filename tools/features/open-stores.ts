import type { FeaturesConfig } from '#config/features-config.js';
import { readFeaturePlan } from '#engine/artifacts/feature-plan-file.js';
import type { FeaturePlan } from '#features/feature-plan.js';
import { DecisionHistory } from '#store/postgres/decision-history.js';
import { RedisLink } from '#store/redis-link.js';
import { UserError } from '../cli/user-error.js';
import { RecordedSchemas } from './recorded-schemas.js';

const CONNECT_WAIT_MS = 5_000;

/** The stores that state is rebuilt from and in. */
export interface Stores {
  readonly plan: FeaturePlan;
  readonly schemas: RecordedSchemas;
  readonly history: DecisionHistory;
  readonly link: RedisLink;
  /** When the newest decision of the log was made, epoch ms. */
  readonly newestMs: number;
}

export function redisUrls({ redis }: FeaturesConfig): readonly string[] {
  const target = redis.reveal();
  return target.kind === 'single' ? [target.url] : target.urls;
}

/** Opens both stores, or says which of them cannot be used. The caller closes them. */
export async function openStores(config: FeaturesConfig): Promise<Stores> {
  const read = await readFeaturePlan(config.featuresFile);
  if (!read.ok) throw new UserError(read.problems.join('\n'), 'name the catalogue of decision-api');
  const history = DecisionHistory.open(config.databaseUrl.reveal());
  const link = await RedisLink.connect({ urls: redisUrls(config) }, CONNECT_WAIT_MS);
  try {
    if (!link.isReady) {
      const why = link.lastError?.message ?? 'it does not answer';
      throw new UserError(`Redis cannot be used: ${why}`, 'correct REDIS_URL, or start it');
    }
    const newestMs = await newestDecision(history);
    const schemas = new RecordedSchemas(read.value, config.archiveDir);
    return { plan: read.value, schemas, history, link, newestMs };
  } catch (error) {
    await Promise.all([history.close(), link.close()]);
    throw error;
  }
}

async function newestDecision(history: DecisionHistory): Promise<number> {
  const newestMs = await history.newestMs().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`the decision log cannot be read: ${why}`, 'correct DATABASE_URL');
  });
  if (newestMs !== null) return newestMs;
  throw new UserError(
    'the decision log has no decision',
    'is this the DATABASE_URL of experiments?',
  );
}
