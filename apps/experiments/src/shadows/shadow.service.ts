import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '#contracts/app-error.js';
import type { ShadowQuery, ShadowReport } from '#contracts/shadow-report.js';
import { bootstrapPrecision, type ScoredPair } from '#experimentation/shadow/average-precision.js';
import { seededRandom } from '#experimentation/statistics/seeded-random.js';
import type { ShadowPair, ShadowPairReader } from '#store/postgres/shadow-pairs.js';
import type { Clock } from '#telemetry/clock.js';
import type { LabelMaturity } from '../analysis/label-maturity.js';

import {
  agreementOf,
  calibrationOf,
  driftOf,
  latencyOf,
  netValueOf,
  rightAtDecline,
  scoredPairs,
  truthOf,
} from './shadow-comparison.js';
import { shadowCaveats, shadowSentence } from './shadow-sentence.js';

const ALPHA = 0.05;
const RESAMPLES = 500;
/** Between two turns of the event loop: some ten milliseconds at fifty thousand transactions. */
const RESAMPLES_AT_ONCE = 5;
const SEED = 1;

export interface ShadowParts {
  readonly reader: ShadowPairReader;
  readonly maturity: LabelMaturity;
  readonly clock: Clock;
}

/** Holds a shadow against what decided, on the same transactions. */
export class ShadowService {
  constructor(private readonly parts: ShadowParts) {}

  /** @throws AppError 'SHADOW_NOT_FOUND' when it judged nothing in this time. */
  async report(shadowId: string, query: ShadowQuery): Promise<ShadowReport> {
    const { reader, clock } = this.parts;
    const { currency, ...economics } = query;
    const [from, to] = [new Date(query.from), new Date(query.to)];
    const nowMs = clock.wallMs();
    const found = await reader.read({ shadowId, from, to, currency }, new Date(nowMs));
    const { pairs, judged } = found;
    if (pairs.length === 0) {
      throw new AppError('SHADOW_NOT_FOUND', { detail: 'It judged nothing between from and to.' });
    }
    const scored = scoredPairs(pairs);
    const report = {
      shadow_id: shadowId,
      from: from.toISOString(),
      to: to.toISOString(),
      currency,
      transactions: {
        judged,
        sampled: pairs.length,
        failed: failuresOf(pairs),
        with_known_truth: pairs.filter((pair) => truthOf(pair) !== null).length,
      },
      labels_share_known: await this.shareKnown(pairs, nowMs),
      ...agreementOf(pairs),
      right_at_decline: rightAtDecline(pairs),
      ranking: await rankingOf(scored),
      calibration: calibrationOf(scored),
      score_drift: driftOf(pairs),
      latency: latencyOf(pairs),
      net_value: netValueOf(pairs, economics),
    };
    return { ...report, sentence: shadowSentence(report), caveats: shadowCaveats(report) };
  }

  private shareKnown(pairs: readonly ShadowPair[], nowMs: number): Promise<number | null> {
    const byAge = Map.groupBy(pairs, ({ ageDays }) => ageDays);
    const ages = [...byAge].map(([ageDays, of]) => ({ ageDays, decisions: of.length }));
    return this.parts.maturity.shareKnown(ages, nowMs);
  }
}

function failuresOf(pairs: readonly ShadowPair[]): Record<string, number> {
  const failures = pairs.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  const byReason = Map.groupBy(failures, (failure) => failure);
  return Object.fromEntries([...byReason].map(([failure, all]) => [failure, all.length]));
}

async function rankingOf(scored: readonly ScoredPair[]): Promise<ShadowReport['ranking']> {
  const bootstrap = bootstrapPrecision(scored, seededRandom(SEED));
  if (bootstrap === null) return null;
  for (let drawn = 0; drawn < RESAMPLES; drawn += RESAMPLES_AT_ONCE) {
    bootstrap.draw(RESAMPLES_AT_ONCE);
    // The log is stored by this thread too.
    await nextTurn();
  }
  const { champion, challenger, ...rest } = bootstrap.result(ALPHA);
  return {
    frauds: scored.filter(({ fraud }) => fraud).length,
    champion_average_precision: champion,
    challenger_average_precision: challenger,
    ...rest,
  };
}
