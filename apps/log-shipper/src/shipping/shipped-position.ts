import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { StoredPosition } from '#journal/shipped-record.js';
import { AtIntervals } from '#platform/at-intervals.js';
import { replaceFile } from '#platform/replace-file.js';

const WRITE_INTERVAL_MS = 1_000;

const Kept = z.object({
  topic_id: z.string(),
  sequence: z.int().nonnegative(),
  time_ms: z.int().nonnegative(),
});

/**
 * Up to which record of the journal the brokers have everything, in a file. It is written once a
 * second: what was shipped in the last second before a crash is shipped again.
 */
export class ShippedPosition {
  private current: z.infer<typeof Kept> | null = null;
  private written: z.infer<typeof Kept> | null = null;
  private readonly writes = new AtIntervals(WRITE_INTERVAL_MS, () => this.write());

  constructor(
    private readonly file: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Null where nothing is known of this topic: all that the journal holds is to be shipped. */
  async read(topicId: string): Promise<StoredPosition | null> {
    const text = await readFile(this.file, 'utf8').catch(() => ''); // The first start has none.
    const kept = Kept.safeParse(parsed(text));
    if (!kept.success || kept.data.topic_id !== topicId) return null;
    return { sequence: kept.data.sequence, timeMs: kept.data.time_ms };
  }

  advance(topicId: string, { sequence, timeMs }: StoredPosition): void {
    this.current = { topic_id: topicId, sequence, time_ms: timeMs };
  }

  async close(): Promise<void> {
    await this.writes.close();
    await this.write();
  }

  private async write(): Promise<void> {
    const { current } = this;
    if (current === null || current === this.written) return;
    try {
      await replaceFile(this.file, `${JSON.stringify(current)}\n`);
      this.written = current;
    } catch (error) {
      this.onError(error);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Damaged is as good as none: all is shipped again, which changes nothing.
  }
}
