import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { replaceFile } from '#platform/replace-file.js';
import { ScorecardCounts } from './scorecard-counts.js';
import { UserError } from '../cli/user-error.js';

/**
 * Where a replay stood: how many rows of the history are done, and how long its files were then.
 */
export const Checkpoint = z.strictObject({
  format: z.literal('tollgate-replay/1'),
  /** What was replayed and how, so that another replay does not go on from here. */
  settings: z.string(),
  rows: z.int().min(0),
  files: z.record(z.string(), z.int().min(0)),
  counts: ScorecardCounts,
});
export type Checkpoint = z.infer<typeof Checkpoint>;

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await replaceFile(path, `${JSON.stringify(checkpoint)}\n`);
}

/** @returns Null when there is none. */
export async function readCheckpoint(path: string, settings: string): Promise<Checkpoint | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const parsed = Checkpoint.safeParse(JSON.parse(text));
  if (!parsed.success) throw new UserError(`${path} is no checkpoint`, 'remove it');
  if (parsed.data.settings !== settings) {
    const advice = 'repeat the command it was made by, or start anew without --resume';
    throw new UserError(`${path} belongs to a replay with other options`, advice);
  }
  return parsed.data;
}
