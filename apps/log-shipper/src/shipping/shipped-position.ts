import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import type { StoredPosition } from '#journal/shipped-record.js';

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
  private writing = Promise.resolve();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly file: string,
    private readonly onError: (error: unknown) => void,
  ) {
    this.timer = setInterval(() => void this.write(), WRITE_INTERVAL_MS);
    this.timer.unref();
  }

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
    clearInterval(this.timer);
    await this.write();
  }

  /** One at a time: two would rename one file. */
  private write(): Promise<void> {
    this.writing = this.writing.then(() => this.writeOnce());
    return this.writing;
  }

  private async writeOnce(): Promise<void> {
    const { current } = this;
    if (current === null || current === this.written) return;
    const temporary = `${this.file}.tmp`;
    try {
      const handle = await open(temporary, 'w');
      try {
        await handle.writeFile(`${JSON.stringify(current)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.file);
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
