import { readJournal, type JournalProblem, type JournalRecord } from '#journal/read-journal.js';
import { journalRecordTypes, type JournalRecordType } from '#journal/record.js';
import { listSegments, listSetAside } from '#journal/segment-folder.js';
import { percent, whole } from '../cli/format-number.js';
import { Progress } from '../cli/progress.js';
import type { OpenRecompute, Recompute } from './recompute.js';

const DIFFERENCES_SHOWN_MAX = 20;

const plurals: Readonly<Record<JournalRecordType, string>> = {
  decision: 'decisions',
  outcome: 'outcomes',
  label: 'labels',
  shadow: 'shadows',
  tally: 'tallies',
};

interface Verified {
  readonly counts: Record<JournalRecordType, number>;
  readonly problems: JournalProblem[];
  bytes: number;
  recomputed: number;
  different: number;
}

/**
 * Checks every record; with `openRecompute` also that every decision comes out the same again. True
 * when all is well.
 */
export async function verifyJournal(
  folder: string,
  openRecompute: OpenRecompute | undefined,
): Promise<boolean> {
  const engine = openRecompute === undefined ? null : await openRecompute();
  try {
    const verified = await readAll(folder, engine);
    await report(folder, verified, engine !== null);
    // A torn tail is what a kill leaves: nothing acknowledged is lost, and the next start cuts it
    // off.
    const lossless = verified.problems.every((problem) => problem.kind === 'torn_tail');
    return lossless && verified.different === 0;
  } finally {
    await engine?.close();
  }
}

async function readAll(folder: string, engine: Recompute | null): Promise<Verified> {
  const bytesTotal = (await listSegments(folder)).reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = new Progress({ label: 'verify', total: bytesTotal });
  const counts = { decision: 0, outcome: 0, label: 0, shadow: 0, tally: 0 };
  const problems: JournalProblem[] = [];
  const verified: Verified = { counts, problems, bytes: 0, recomputed: 0, different: 0 };
  const onProblem = (problem: JournalProblem): void => void problems.push(problem);
  for await (const record of readJournal(folder, { onProblem })) {
    counts[record.type] += 1;
    verified.bytes += record.payload.length;
    if (engine !== null && record.type === 'decision') await compare(engine, record, verified);
    progress.update(verified.bytes, () => `${whole(record.position.sequence)} records`);
  }
  progress.finish(bytesTotal, 'done');
  return verified;
}

async function compare(
  engine: Recompute,
  record: JournalRecord,
  verified: Verified,
): Promise<void> {
  const { identical, differences } = await engine.recompute(record);
  verified.recomputed += 1;
  if (identical) return;
  verified.different += 1;
  if (verified.different > DIFFERENCES_SHOWN_MAX) return;
  console.log(`record ${record.position.sequence} decides otherwise now:`);
  for (const difference of differences) console.log(`  ${difference}`);
}

async function report(folder: string, verified: Verified, recomputed: boolean): Promise<void> {
  const { counts, problems } = verified;
  const parts = journalRecordTypes.map((type) => `${whole(counts[type])} ${plurals[type]}`);
  console.log(`${parts.join(', ')}; ${whole(verified.bytes)} bytes of payload`);
  for (const { kind, segment, offset, message } of problems) {
    const weight = kind === 'torn_tail' ? 'note' : 'PROBLEM';
    console.log(`${weight}: segment ${segment} at byte ${offset}: ${message}`);
  }
  for (const file of await listSetAside(folder)) {
    console.log(`note: ${file.path} keeps ${whole(file.bytes)} bytes that a recovery cut off`);
  }
  if (recomputed) {
    const same = verified.recomputed - verified.different;
    const share = percent(same / verified.recomputed);
    console.log(`${whole(same)} of ${whole(verified.recomputed)} decisions identical (${share})`);
  }
  const lost = problems.filter((problem) => problem.kind !== 'torn_tail').length;
  console.log(lost === 0 ? 'every record is whole' : `${lost} problems`);
}
