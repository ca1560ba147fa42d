import { existsSync, readdirSync, statSync } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from './journal-error.js';
import {
  decodeSegmentHeader,
  firstSequenceOf,
  SEGMENT_HEADER_BYTES,
  segmentName,
  type SegmentHeader,
} from './segment.js';

export interface SegmentFile {
  readonly firstSequence: number;
  readonly path: string;
  readonly bytes: number;
}

/**
 * Every segment of a folder in order of sequence; an absent folder has none. A file too short for a
 * header is none either: it is just being started, or its start failed on a full disk.
 */
export async function listSegments(folder: string): Promise<SegmentFile[]> {
  const files = await listSegmentFiles(folder);
  return files.filter(({ bytes }) => bytes >= SEGMENT_HEADER_BYTES);
}

/**
 * The segment that follows the one with this first sequence; null while it is the last. A follower
 * asks many times a second, so this is done in the calling thread: a hop to another one and back
 * takes far longer than the calls themselves, which the kernel answers from memory.
 */
export function segmentAfter(folder: string, firstSequence: number): SegmentFile | null {
  const later = (existsSync(folder) ? readdirSync(folder) : [])
    .map((name) => firstSequenceOf(name) ?? 0)
    .filter((sequence) => sequence > firstSequence)
    .sort((a, b) => a - b);
  for (const sequence of later) {
    const path = segmentPath(folder, sequence);
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes >= SEGMENT_HEADER_BYTES) return { firstSequence: sequence, path, bytes };
  }
  return null;
}

/** Deletes what a start that failed has left; for the writer of the folder. */
export async function removeUnstarted(folder: string): Promise<void> {
  for (const { path, bytes } of await listSegmentFiles(folder)) {
    if (bytes < SEGMENT_HEADER_BYTES) await rm(path, { force: true });
  }
}

async function listSegmentFiles(folder: string): Promise<SegmentFile[]> {
  const segments: SegmentFile[] = [];
  for (const name of await namesIn(folder)) {
    const firstSequence = firstSequenceOf(name);
    if (firstSequence === null) continue;
    const path = join(folder, name);
    // Retention may delete it between the two calls.
    const found = await statIfThere(path);
    if (found !== null) segments.push({ firstSequence, path, bytes: found.size });
  }
  return segments.sort((a, b) => a.firstSequence - b.firstSequence);
}

/** The files in which recovery kept bytes that it cut off. */
export async function listSetAside(folder: string): Promise<SegmentFile[]> {
  const files: SegmentFile[] = [];
  for (const name of await namesIn(folder)) {
    const digits = /^(\d{15})\.\d+\.torn$/.exec(name)?.[1];
    if (digits === undefined) continue;
    const path = join(folder, name);
    const found = await statIfThere(path);
    if (found !== null) files.push({ firstSequence: Number(digits), path, bytes: found.size });
  }
  return files.sort((a, b) => a.firstSequence - b.firstSequence);
}

export function segmentPath(folder: string, firstSequence: number): string {
  return join(folder, segmentName(firstSequence));
}

/** The header of a segment, or null when it is short, damaged or gone. */
export async function readHeaderOf(segment: SegmentFile): Promise<SegmentHeader | null> {
  try {
    const file = await open(segment.path, 'r');
    try {
      const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
      const { bytesRead } = await file.read(bytes, 0, SEGMENT_HEADER_BYTES, 0);
      return decodeSegmentHeader(bytes.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return null;
    throw cause;
  }
}

/** A new name is only safe on disk once its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return [];
    throw cause;
  }
}

async function statIfThere(path: string): Promise<{ readonly size: number } | null> {
  try {
    return await stat(path);
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') return null;
    throw cause;
  }
}
