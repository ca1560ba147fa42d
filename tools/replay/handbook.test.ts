import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { sharedDataFolder } from '#testing/shared-data.js';
import { readCsv } from '../cli/read-table.js';
import { compareTables } from './compare-tables.js';
import { History } from './read-history.js';
import { LabelSchedule } from './label-schedule.js';
import { OfflineEngine } from './offline-engine.js';
import { findFiles } from './replay-files.js';
import { OfflineReplay } from './replay-offline.js';
import { ReplayOutput } from './replay-output.js';
import { ReplayRecorder } from './replay-recorder.js';
import { Scorecard } from './scorecard.js';
import { signalColumns } from './signal-columns.js';

const root = resolve(import.meta.dirname, '../..');
const data = resolve(sharedDataFolder() ?? root, 'handbook');
const hasData = existsSync(data);
if (!hasData)
  process.stderr.write("skipped: the handbook's transactions are not in ../shared/data\n");

/** Twelve days: five of them have payments whose labels, a week old, are known. */
const ROWS = 115_000;

test.skipIf(!hasData)(
  'the features of the handbook example are the published ones: counts exactly, means within 1e-6',
  { timeout: 60_000 },
  async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const files = await findFiles({
      example: resolve(root, 'examples/handbook'),
      ruleset: true,
      model: false,
    });
    const engine = await OfflineEngine.open({ ...files, pseudonymKey: Buffer.alloc(32, 1) });
    const { plan } = engine;
    const columns = signalColumns(plan.schema, plan.featureNames, []);
    const rows: (readonly string[])[] = [['transaction_id', ...columns.names]];
    const output = await ReplayOutput.open(
      { decisions: null, features: null, featureNames: [] },
      null,
    );
    vi.spyOn(output, 'write').mockImplementation((item, { features }) => {
      rows.push([item.request.transaction_id, ...features.map((value) => String(value ?? ''))]);
      return undefined;
    });
    const scorecard = new Scorecard();
    const recorder = new ReplayRecorder({
      output,
      scorecard,
      checkpointFile: null,
      settings: '',
      rowsTotal: null,
    });
    const history = new History({
      path: resolve(data, 'dev_2018-04-01_2018-07-31.csv.gz'),
      mapping: files.mapping,
      tokenise: (_kind, value) => value,
      skipInvalid: false,
    });
    await new OfflineReplay({
      history,
      engine,
      columns,
      recorder,
      labels: new LabelSchedule(null),
      span: { fromMs: -Infinity, toMs: Infinity, limit: ROWS, rowsDone: 0 },
      stop: new AbortController().signal,
    }).run();
    await engine.close();
    const published = readCsv(resolve(data, 'features_upto_2018-07-31.csv.gz'));
    const result = await compareTables(published, asTable(rows), 1e-6);
    expect(result).toMatchObject({ rows: ROWS, missing: 0, uncompared: [], examples: [] });
  },
);

async function* asTable(rows: readonly (readonly string[])[]): AsyncGenerator<readonly string[]> {
  yield* rows;
}
