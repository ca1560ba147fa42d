import { Command, Option } from 'commander';
import { whole } from '../cli/format-number.js';
import { LineWriter } from '../cli/line-writer.js';
import { timeOption, wholeNumber } from '../cli/number-option.js';
import { Progress } from '../cli/progress.js';
import { UserError } from '../cli/user-error.js';
import { LabelDesk, type SimulatedLabel } from './labels.js';
import {
  LABEL_COLUMNS,
  labelCsv,
  PAYMENT_COLUMNS,
  paymentCsv,
  TRUTH_COLUMNS,
  truthCsv,
} from './payment-csv.js';
import { labelJson, paymentJson } from './payment-json.js';
import { Tally } from './tally.js';
import { simulatePayments } from './simulate-payments.js';
import { CUSTOMERS_MAX, MERCHANTS_MAX, type SimulationOptions } from './world.js';

const DAY_MS = 86_400_000;
const START = '2026-01-01';
const SEED_MAX = 4_294_967_295;
const DAYS_MAX = 3_660;
const PROGRESS_EVERY_ROWS = 4_096;

interface Settings extends Omit<SimulationOptions, 'startMs'> {
  readonly start: number;
  readonly out: string;
  readonly labels: string | false;
  readonly truth?: string;
  readonly format?: Format;
}
type Format = 'requests' | 'csv';

const program = new Command('npm run simulate --')
  .description(
    'Simulates payments and the fraud among them, with the labels that become known later.\n' +
      'The same options give the same bytes. Files named .gz or .zst are compressed.',
  )
  .option('--days <n>', 'how many days', wholeNumber(1, DAYS_MAX), 90)
  .option('--customers <n>', 'how many customers', wholeNumber(100, CUSTOMERS_MAX), 20_000)
  .option('--merchants <n>', 'how many merchants', wholeNumber(50, MERCHANTS_MAX), 3_000)
  .option('--seed <n>', 'another seed, another world', wholeNumber(0, SEED_MAX), 1)
  .addOption(
    new Option('--start <time>', 'the first moment, a day or a time with zone')
      .argParser(timeOption)
      .default(Date.parse(START), START),
  )
  .option('--out <file>', 'the transactions; - is standard output', '.data/simulation/tx.jsonl.gz')
  .option('--labels <file>', 'the labels', '.data/simulation/labels.csv.gz')
  .option('--no-labels', 'write no labels')
  .option('--truth <file>', 'also write what only the simulator knows: the scenario of each fraud')
  .addOption(
    new Option('--format <format>', 'of the transactions; by default told by the name').choices([
      'requests',
      'csv',
    ]),
  )
  .addHelpText(
    'after',
    '\nA customer makes about one payment a day: --customers 20000 --days 90 gives 1.9 million.\n' +
      'Lines of the format "requests" are bodies of POST /v1/decisions.',
  );

program.parse();
try {
  await simulate(program.opts<Settings>());
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n${error.advice}\n`);
  process.exitCode = 1;
}

async function simulate(settings: Settings): Promise<void> {
  const { days, customers, merchants, seed, start: startMs } = settings;
  const format = settings.format ?? (/\.csv(\.|$)/.test(settings.out) ? 'csv' : 'requests');
  const output = await openOutputs(settings, format);
  const labels = new LabelDesk(seed);
  const tally = new Tally();
  const progress = new Progress({ label: 'simulate', total: days });
  const encode = format === 'csv' ? paymentCsv : paymentJson;
  const prefix = `s${seed.toString(36)}t`;
  let row = 0;
  for (const payment of simulatePayments({ seed, startMs, days, customers, merchants })) {
    const id = prefix + String(row).padStart(9, '0');
    row += 1;
    // Awaiting for each row would cost as much as making it.
    const full = output.transactions.write(encode(payment, id));
    if (full !== undefined) await full;
    if (output.truth !== null) await writeUnlessEmpty(output.truth, truthCsv(payment, id));
    tally.count(payment, labels.record(payment, id).length);
    if (labels.nextTimeMs <= payment.timeMs) await writeDue(labels, payment.timeMs, output);
    if (row % PROGRESS_EVERY_ROWS === 0) {
      progress.update((payment.timeMs - startMs) / DAY_MS, () => `${whole(row)} rows`);
    }
  }
  await writeDue(labels, Number.MAX_SAFE_INTEGER, output);
  await Promise.all([output.transactions.close(), output.labels?.close(), output.truth?.close()]);
  progress.finish(days, `${whole(row)} rows`);
  process.stderr.write(tally.report({ ...settings, seconds: progress.elapsedSeconds }));
}

interface Outputs {
  readonly transactions: LineWriter;
  readonly labels: LineWriter | null;
  readonly labelLine: (label: SimulatedLabel) => string;
  readonly truth: LineWriter | null;
}

async function openOutputs(settings: Settings, format: Format): Promise<Outputs> {
  const transactions = await LineWriter.open(settings.out);
  if (format === 'csv') await transactions.write(PAYMENT_COLUMNS);
  const labels = settings.labels === false ? null : await LineWriter.open(settings.labels);
  const labelsAsCsv = settings.labels !== false && /\.csv(\.|$)/.test(settings.labels);
  if (labelsAsCsv) await labels?.write(LABEL_COLUMNS);
  const truth = settings.truth === undefined ? null : await LineWriter.open(settings.truth);
  await truth?.write(TRUTH_COLUMNS);
  return { transactions, labels, labelLine: labelsAsCsv ? labelCsv : labelJson, truth };
}

async function writeUnlessEmpty(writer: LineWriter, line: string): Promise<void> {
  if (line !== '') await writer.write(line);
}

async function writeDue(labels: LabelDesk, untilMs: number, output: Outputs): Promise<void> {
  for (const label of labels.due(untilMs)) await output.labels?.write(output.labelLine(label));
}
