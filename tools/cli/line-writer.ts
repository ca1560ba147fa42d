import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import { UserError } from './user-error.js';

const CHUNK_CHARS_MAX = 256 * 1024;
const STREAM_BUFFER_BYTES = 4 * 1024 * 1024;
/** Level 3 packs transaction lines within a few percent of the default at half of its time. */
const GZIP_LEVEL = 3;

/**
 * Writes lines to a file in large pieces; compressed when the name ends in .gz or .zst, to the
 * standard output when it is `-`. Compression runs on the thread pool, beside the caller.
 */
export class LineWriter {
  private pending = '';
  private failure: Error | null = null;
  private handedOver: Promise<void> = Promise.resolve();
  lines = 0;

  private constructor(
    private readonly head: NodeJS.WritableStream,
    private readonly done: Promise<void>,
  ) {
    // The failure is thrown by the next write or by close, not as an unhandled rejection.
    this.done.catch((error: unknown) => {
      this.failure = error instanceof Error ? error : new Error(String(error));
    });
  }

  /**
   * @param append Adds to an existing file. Gzip and zstd files may be made of several members, so
   *   they append too.
   */
  static async open(path: string, append = false): Promise<LineWriter> {
    if (path === '-') return new LineWriter(process.stdout, new Promise(() => undefined));
    const refuse = (error: unknown): never => {
      throw unwritable(path, error);
    };
    await mkdir(dirname(path), { recursive: true }).catch(refuse);
    const file = createWriteStream(path, {
      flags: append ? 'a' : 'w',
      highWaterMark: STREAM_BUFFER_BYTES,
    });
    const packer = packerFor(path);
    if (packer === null) return new LineWriter(file, finished(file).catch(refuse));
    packer.pipe(file);
    packer.on('error', (error) => file.destroy(error));
    return new LineWriter(packer, finished(file).catch(refuse));
  }

  /** Returns a promise only when the caller should wait for the file to catch up. */
  write(line: string): Promise<void> | undefined {
    this.pending += line;
    this.pending += '\n';
    this.lines += 1;
    return this.pending.length < CHUNK_CHARS_MAX ? undefined : this.flush();
  }

  async close(): Promise<void> {
    await this.flush();
    await Promise.race([this.handedOver, this.done]);
    if (this.head === process.stdout) return;
    this.head.end();
    await this.done;
  }

  /**
   * Hands over the pending lines once the piece before them is taken: one is packed while the next
   * is made.
   */
  private async flush(): Promise<void> {
    const text = this.pending;
    this.pending = '';
    await Promise.race([this.handedOver, this.done]);
    if (this.failure !== null) throw this.failure;
    if (text === '') return;
    this.handedOver = new Promise((resolve) => this.head.write(text, () => resolve()));
  }
}

/** What a user can do about a file that cannot be written; other errors stay what they are. */
function unwritable(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (typeof code !== 'string') return error;
  const advice = code === 'ENOSPC' ? 'make room on the disk' : 'name a file that you may write';
  return new UserError(`${path} cannot be written: ${code}`, advice);
}

function packerFor(path: string) {
  if (path.endsWith('.gz')) {
    return createGzip({ level: GZIP_LEVEL, chunkSize: CHUNK_CHARS_MAX });
  }
  if (!path.endsWith('.zst')) return null;
  return createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: 3 },
    chunkSize: CHUNK_CHARS_MAX,
  });
}
