import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { decodeRecord, RECORD_HEADER_BYTES } from './record.js';
import {
  listSegments,
  listSetAside,
  removeUnstarted,
  syncFolder,
  type SegmentFile,
} from './segment-folder.js';
import { SegmentReader } from './segment-reader.js';

/** A process that crashes again and again must not fill the disk with what it left behind. */
const SET_ASIDE_FILES_MAX = 16;

export interface Recovered {
  readonly segments: readonly SegmentFile[];
  /** The number the next record gets. */
  readonly nextSequence: number;
  /** The last good record, 0 when there is none. */
  readonly lastSequence: number;
  readonly lastTimeMs: number;
  /** Bytes cut off behind the last good record. */
  readonly tornBytes: number;
  readonly warnings: readonly string[];
}

/**
 * Finds where the journal ends. A process killed inside a write leaves a torn record at the end of
 * the last segment: it was never acknowledged, so it is cut off. The bytes are kept beside the
 * segment, because damage that is not a torn write looks the same from here, and then records
 * behind it matter to whoever repairs the disk.
 */
export async function recover(folder: string): Promise<Recovered> {
  await removeUnstarted(folder);
  const segments = await listSegments(folder);
  const last = segments.at(-1);
  if (last === undefined) {
    return {
      segments,
      nextSequence: 1,
      lastSequence: 0,
      lastTimeMs: 0,
      tornBytes: 0,
      warnings: [],
    };
  }
  const end = await findEnd(last);
  if (end.offset >= last.bytes) return { ...end, segments, tornBytes: 0, warnings: [] };

  const tornBytes = last.bytes - end.offset;
  const cut = (await readFile(last.path)).subarray(end.offset);
  const whole = lastWholeRecord(cut, end.nextSequence);
  await setAside(last, end.offset, cut);
  await forgetOldest(folder);
  await syncFolder(folder);
  const behind = whole.count === 0 ? '' : `; ${whole.count} whole records stood behind the damage`;
  return {
    ...end,
    nextSequence: Math.max(end.nextSequence, whole.lastSequence + 1),
    segments: [...segments.slice(0, -1), { ...last, bytes: end.offset }],
    tornBytes,
    warnings: [
      `cut ${tornBytes} bytes behind record ${end.lastSequence} of the journal in ${folder}` +
        ` (${end.problem}) and kept them in ${tornPath(last, end.offset)}${behind}`,
    ],
  };
}

interface SegmentEnd {
  readonly offset: number;
  readonly nextSequence: number;
  readonly lastSequence: number;
  readonly lastTimeMs: number;
  readonly problem: string;
}

async function findEnd(segment: SegmentFile): Promise<SegmentEnd> {
  const reader = await SegmentReader.open(segment.path, segment.firstSequence);
  try {
    const header = await reader.header();
    let lastSequence = header?.previousSequence ?? segment.firstSequence - 1;
    let lastTimeMs = header?.createdMs ?? 0;
    for (;;) {
      const record = reader.next();
      if (record.kind === 'record') {
        lastSequence = record.sequence;
        lastTimeMs = Math.max(lastTimeMs, record.timeMs);
        continue;
      }
      if (record.kind === 'incomplete' && (await reader.fill(record.bytesNeeded))) continue;
      return {
        offset: reader.offset,
        nextSequence: reader.sequence,
        lastSequence,
        lastTimeMs,
        problem: record.kind === 'bad' ? record.problem : 'it is cut short',
      };
    }
  } finally {
    await reader.close();
  }
}

/**
 * Looks for whole records behind the damage, so that their numbers are not given out again and the
 * warning can say how many there are. They are not put back: where the framing is lost, a payload
 * could pose as a record.
 */
function lastWholeRecord(
  cut: Buffer,
  expectedSequence: number,
): { readonly count: number; readonly lastSequence: number } {
  let count = 0;
  let lastSequence = 0;
  let offset = 1;
  while (offset + RECORD_HEADER_BYTES <= cut.length) {
    const sequence = cut.readUIntLE(offset + 8, 6);
    const plausible = sequence > expectedSequence && sequence - expectedSequence < cut.length;
    const record = plausible ? decodeRecord(cut, offset, sequence) : null;
    if (record?.kind === 'record') {
      count += 1;
      lastSequence = Math.max(lastSequence, sequence);
      offset += record.bytes;
    } else {
      offset += 1;
    }
  }
  return { count, lastSequence };
}

function tornPath(segment: SegmentFile, offset: number): string {
  return segment.path.replace(/\.journal$/, `.${offset}.torn`);
}

async function setAside(segment: SegmentFile, offset: number, cut: Buffer): Promise<void> {
  const target = tornPath(segment, offset);
  await writeFile(`${target}.tmp`, cut, { flush: true });
  await rename(`${target}.tmp`, target);
  const file = await open(segment.path, 'r+');
  try {
    await file.truncate(offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function forgetOldest(folder: string): Promise<void> {
  const files = await listSetAside(folder);
  const surplus = Math.max(0, files.length - SET_ASIDE_FILES_MAX);
  for (const file of files.slice(0, surplus)) await rm(file.path, { force: true });
}
