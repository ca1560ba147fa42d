import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { Pseudonymizer } from '#engine/pseudonymizer.js';
import { whole } from '../cli/format-number.js';
import { timeOption, wholeNumber } from '../cli/number-option.js';
import { readCheckpoint } from './checkpoint.js';
import { LabelSchedule, readLabels } from './label-schedule.js';
import { localKey } from './local-key.js';
import { OfflineEngine } from './offline-engine.js';
import { readPlan } from './offline-artifacts.js';
import { History } from './read-history.js';
import { ReplayError } from './replay-error.js';
import { findFiles, type FileOptions, type ReplayFiles } from './replay-files.js';
import { replayOffline } from './replay-offline.js';
import { ReplayOutput } from './replay-output.js';
import { ReplayRecorder } from './replay-recorder.js';
import type { ReplaySpan } from './replay-span.js';
import { formatReport } from './report.js';
import { Scorecard } from './scorecard.js';
import { signalColumns, type SignalColumns } from './signal-columns.js';

const ROWS_MAX = 1_000_000_000;
const INTERRUPTED = 130;

export interface ReplaySettings extends FileOptions {
  readonly data: string;
  readonly labels?: string;
  readonly offline?: boolean;
  readonly out?: string;
  readonly features?: boolean;
  readonly signals: readonly string[];
  readonly decisions?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly resume?: boolean;
  readonly skipInvalid?: boolean;
  readonly tokenKey: string;
}

export function addReplayOptions(program: Command): Command {
  return program
    .description('Runs a payment history through Tollgate and says how well it did.')
    .requiredOption('--data <file>', 'the history: CSV or lines of JSON, .gz or .zst if packed')
    .option('--labels <file>', 'labels with the time each became known')
    .option('--example <folder>', 'mapping, features and ruleset of an example')
    .option('--mapping <file>', 'how columns become requests; none: they are named like requests')
    .option('--catalogue <file>', 'the feature catalogue (default: rules/features.yaml)')
    .option('--ruleset <folder>', 'the ruleset (default: rules/default)', true)
    .option('--no-ruleset', 'compute features only')
    .option('--model <folder>', 'the model bundle (default: the newest of models/fraud)', true)
    .option('--no-model', 'decide by rules only')
    .option('--offline', 'in this process, with the same engine, as fast as it goes')
    .option('--out <file>', 'write a line for each transaction')
    .option('--features', 'write the features of each transaction to --out instead')
    .option('--signals <names>', 'more columns before the features, such as event_time', list, [])
    .option('--decisions <file>', 'with --features: write the decisions here')
    .option('--from <time>', 'leave out what was before', timeOption)
    .option('--to <time>', 'leave out what was then or later', timeOption)
    .option('--limit <n>', 'at most this many transactions', wholeNumber(1, ROWS_MAX))
    .option('--resume', 'go on where an interrupted replay with the same options stopped')
    .option('--skip-invalid', 'leave out rows that cannot become a request')
    .option('--token-key <file>', 'the key that tokenises columns', '.data/replay-token.key');
}

/** @returns The exit status. */
export async function runReplay(settings: ReplaySettings): Promise<number> {
  if (settings.features === true && settings.out === undefined) {
    throw new ReplayError('--features needs a file to write to', 'add --out features.csv.gz');
  }
  const files = await findFiles(settings);
  const plan = await readPlan(files.featuresFile);
  const columns =
    settings.features === true
      ? signalColumns(plan.schema, plan.featureNames, settings.signals)
      : null;
  const run = await prepareRun(settings, { files, columns });
  const finished = await runOffline(settings, files, { ...run, columns });
  await run.recorder.checkpoint();
  await run.output.close();
  return conclude(settings, run, finished);
}

interface Run {
  readonly history: History;
  readonly labels: LabelSchedule;
  readonly output: ReplayOutput;
  readonly scorecard: Scorecard;
  readonly recorder: ReplayRecorder;
  readonly span: ReplaySpan;
  readonly checkpointFile: string | null;
  readonly key: Buffer;
}

async function prepareRun(
  settings: ReplaySettings,
  { files, columns }: { readonly files: ReplayFiles; readonly columns: SignalColumns | null },
): Promise<Run> {
  const key = await localKey(settings.tokenKey);
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
  const output = await ReplayOutput.open(paths, checkpoint?.files ?? null);
  const scorecard = new Scorecard();
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
    output,
    scorecard,
    recorder,
    span: spanOf(settings, checkpoint?.rows ?? 0),
    checkpointFile,
    key,
  };
}

async function runOffline(
  settings: ReplaySettings,
  files: ReplayFiles,
  run: Run & { readonly columns: SignalColumns | null },
): Promise<boolean> {
  const engine = await OfflineEngine.open({ ...files, pseudonymKey: run.key });
  try {
    return await replayOffline({ ...run, engine, stop: interruption() });
  } finally {
    await engine.close();
  }
}

async function conclude(settings: ReplaySettings, run: Run, finished: boolean): Promise<number> {
  const { scorecard, recorder, history, labels, checkpointFile } = run;
  recorder.progress.finish(scorecard.payments, 'done');
  process.stdout.write(formatReport(scorecard, recorder.progress.elapsedSeconds));
  if (history.skipped > 0) {
    const shown = history.problems.join('\n  ');
    process.stdout.write(`${whole(history.skipped)} rows left out, among them\n  ${shown}\n`);
  }
  if (labels.waiting > 0) {
    process.stdout.write(`${whole(labels.waiting)} labels become known only later\n`);
  }
  if (settings.out !== undefined) process.stdout.write(`written to ${settings.out}\n`);
  if (!finished) {
    const advice = checkpointFile === null ? '' : '; go on with the same command and --resume';
    process.stdout.write(`interrupted${advice}\n`);
    return INTERRUPTED;
  }
  if (checkpointFile !== null) await rm(checkpointFile, { force: true });
  return 0;
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

/** The first Ctrl-C ends the replay in good order, the second at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}

function list(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}
