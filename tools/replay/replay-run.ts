import { createHash } from 'node:crypto';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import { provideKeptPseudonymKey } from '#platform/pseudonym-key.js';
import { readCheckpoint } from './checkpoint.js';
import { LabelSchedule, readLabels, type DueLabel } from './label-schedule.js';
import { History } from './read-history.js';
import { UserError } from '../cli/user-error.js';
import type { ReplayFiles } from './replay-files.js';
import type { ReplaySettings } from './replay-options.js';
import { ReplayOutput } from './replay-output.js';
import { ReplayRecorder } from './replay-recorder.js';
import type { ReplaySpan } from './replay-span.js';
import { Scorecard } from './scorecard.js';
import type { SignalColumns } from './signal-columns.js';

/** A replay that is ready to go, offline or through the API. */
export interface Run {
  readonly history: History;
  readonly labels: LabelSchedule;
  /** As read from the labels file; null without one. */
  readonly labelFile: readonly DueLabel[] | null;
  readonly output: ReplayOutput;
  readonly scorecard: Scorecard;
  readonly recorder: ReplayRecorder;
  readonly span: ReplaySpan;
  readonly checkpointFile: string | null;
  readonly key: Buffer;
}

export async function prepareRun(
  settings: ReplaySettings & { readonly data: string },
  { files, columns }: { readonly files: ReplayFiles; readonly columns: SignalColumns | null },
): Promise<Run> {
  const kept = await provideKeptPseudonymKey(settings.tokenKey);
  if (!kept.ok) throw new UserError(kept.problem, 'or name another file by --token-key');
  const { key } = kept;
  const tokens = new Pseudonymizer(key);
  const history = new History({
    path: settings.data,
    mapping: files.mapping,
    tokenise: (kind, value) => `tok_${tokens.pseudonym(kind, value)}`,
    skipInvalid: settings.skipInvalid === true,
  });
  const paths = {
    decisions: settings.features === true ? (settings.decisions ?? null) : (settings.out ?? null),
    features: columns === null ? null : (settings.out ?? null),
    featureNames: columns?.names ?? [],
  };
  const checkpointFile = settings.out === undefined ? null : `${settings.out}.state.json`;
  const fingerprint = fingerprintOf(settings);
  const checkpoint =
    settings.resume === true && checkpointFile !== null
      ? await readCheckpoint(checkpointFile, fingerprint)
      : null;
  if (settings.resume === true && checkpoint === null) {
    process.stderr.write('there is nothing to go on with: starting from the beginning\n');
  }
  const output = await ReplayOutput.open(paths, checkpoint?.files ?? null);
  const scorecard = new Scorecard(checkpoint?.counts ?? null);
  const recorder = new ReplayRecorder({
    output,
    scorecard,
    checkpointFile,
    settings: fingerprint,
    rowsTotal: settings.limit ?? null,
  });
  const labels = settings.labels === undefined ? null : await readLabels(settings.labels);
  return {
    history,
    labels: new LabelSchedule(labels),
    labelFile: labels,
    output,
    scorecard,
    recorder,
    span: spanOf(settings, checkpoint?.rows ?? 0),
    checkpointFile,
    key,
  };
}

function spanOf(settings: ReplaySettings, rowsDone: number): ReplaySpan {
  return {
    fromMs: settings.from ?? Number.NEGATIVE_INFINITY,
    toMs: settings.to ?? Number.POSITIVE_INFINITY,
    limit: settings.limit ?? Number.POSITIVE_INFINITY,
    rowsDone,
  };
}

/** What makes two replays the same one: everything but whether they go on. */
function fingerprintOf({ resume: _resume, ...settings }: ReplaySettings): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex');
}
