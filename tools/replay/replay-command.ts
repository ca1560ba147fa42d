import { rm } from 'node:fs/promises';
import { whole } from '../cli/format-number.js';
import { interruptible } from '../cli/interruption.js';
import { readPlan } from './offline-artifacts.js';
import { OfflineEngine } from './offline-engine.js';
import { UserError } from '../cli/user-error.js';
import { findFiles, type ReplayFiles } from './replay-files.js';
import { OfflineReplay } from './replay-offline.js';
import { refuseContradictions, type ReplaySettings } from './replay-options.js';
import { prepareRun, type Run } from './replay-run.js';
import { formatReport } from './report.js';
import { runOverHttp } from './run-over-http.js';
import { signalColumns, type SignalColumns } from './signal-columns.js';

const INTERRUPTED = 130;

/** @returns The exit status. */
export async function runReplay(settings: ReplaySettings): Promise<number> {
  const { data } = settings;
  if (data === undefined) throw new UserError('there is nothing to replay', 'add --data <file>');
  refuseContradictions(settings);
  const files = await findFiles(settings);
  const plan = await readPlan(files.featuresFile);
  const columns =
    settings.features === true
      ? signalColumns(plan.schema, plan.featureNames, settings.signals)
      : null;
  const run = await prepareRun({ ...settings, data }, { files, columns });
  let finished: boolean;
  try {
    finished =
      settings.offline === true
        ? await runOffline(files, run, columns)
        : await runOverHttp(settings, { ...run, plan, columns });
  } finally {
    // After a failure too, so that --resume need not begin anew.
    await run.recorder.checkpoint();
    await run.output.close();
  }
  return conclude(settings, run, finished);
}

async function runOffline(
  files: ReplayFiles,
  run: Run,
  columns: SignalColumns | null,
): Promise<boolean> {
  const engine = await OfflineEngine.open({ ...files, pseudonymKey: run.key });
  try {
    return await interruptible((stop) =>
      new OfflineReplay({ ...run, columns, engine, stop }).run(),
    );
  } finally {
    await engine.close();
  }
}

async function conclude(settings: ReplaySettings, run: Run, finished: boolean): Promise<number> {
  const { scorecard, recorder, history, labels, checkpointFile } = run;
  recorder.progress.finish(scorecard.payments, 'done');
  process.stdout.write(
    formatReport(scorecard, {
      seconds: recorder.elapsedSeconds,
      paymentsBefore: recorder.paymentsBefore,
    }),
  );
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
