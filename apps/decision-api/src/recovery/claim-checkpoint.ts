import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AtIntervals } from '#platform/at-intervals.js';
import { replaceFile } from '#platform/replace-file.js';

const FILE = 'claims-checkpoint';
const WRITE_INTERVAL_MS = 1_000;

/**
 * Up to which record of the journal every answered idempotency key is known to the store. After a
 * crash, the replies of the records behind it are handed to the store again, so that a retry gets
 * the answer that was given.
 */
export class ClaimCheckpoint {
  private pending = new Set<number>();
  private highest: number;
  /** The first of those that were given up. */
  private lowestGivenUp = Number.POSITIVE_INFINITY;
  private written: number;
  private readonly writes = new AtIntervals(WRITE_INTERVAL_MS, () => this.write());

  private constructor(
    private readonly file: string,
    start: number,
    private readonly onError: (error: unknown) => void,
  ) {
    this.highest = start;
    this.written = start;
  }

  /** @returns The checkpoint; its `sequence` is 0 where there is none yet. */
  static async open(folder: string, onError: (error: unknown) => void): Promise<ClaimCheckpoint> {
    const file = join(folder, FILE);
    const text = await readFile(file, 'utf8').catch(() => '0'); // The first start has none.
    const sequence = /^\d{1,15}$/.test(text.trim()) ? Number(text) : 0;
    return new ClaimCheckpoint(file, sequence, onError);
  }

  get sequence(): number {
    let lowest = Math.min(this.highest + 1, this.lowestGivenUp);
    for (const sequence of this.pending) lowest = Math.min(lowest, sequence);
    return lowest - 1;
  }

  /** A reply that the store does not know yet. */
  begin(sequence: number): void {
    this.pending.add(sequence);
    this.highest = Math.max(this.highest, sequence);
  }

  done(sequence: number): void {
    // A fresh set now and then: one whose entries come and go keeps its garbage (ADR 0018).
    if (this.pending.delete(sequence) && this.pending.size === 0) this.pending = new Set();
  }

  /**
   * A reply that will not reach the store before the next start. The checkpoint stays behind it;
   * those behind the first one need not be remembered singly, however many they become.
   */
  giveUp(sequence: number): void {
    this.pending.delete(sequence);
    this.lowestGivenUp = Math.min(this.lowestGivenUp, sequence);
  }

  async close(): Promise<void> {
    await this.writes.close();
    await this.write();
  }

  private async write(): Promise<void> {
    const { sequence } = this;
    if (sequence === this.written) return;
    try {
      await replaceFile(this.file, String(sequence));
      this.written = sequence;
    } catch (error) {
      this.onError(error);
    }
  }
}
