import { close, fdatasync, ftruncate, open, write } from 'node:fs';
import { promisify } from 'node:util';

// Calls on a bare descriptor: somewhat cheaper on the main thread than a FileHandle's, and a
// journal that is dropped without `close` is not closed by the garbage collector in the middle of a
// write.
export const openFile = promisify(open);
export const closeFile = promisify(close);
export const syncData = promisify(fdatasync);
export const truncateFile = promisify(ftruncate);

const writeSome = (descriptor: number, bytes: Buffer, at: number): Promise<number> =>
  new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, at, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });

/**
 * Writes all the bytes at a place of the file; a short write, as on a nearly full disk, goes on
 * where it stopped.
 */
export async function writeAll(descriptor: number, bytes: Buffer, at: number): Promise<void> {
  let done = await writeSome(descriptor, bytes, at);
  while (done < bytes.length) {
    done += await writeSome(descriptor, bytes.subarray(done), at + done);
  }
}
