import { close, fdatasync, ftruncate, open, write } from 'node:fs';
import { promisify } from 'node:util';

// The callback calls on a bare descriptor: about half the main-thread cost of a FileHandle's, paid once per group.
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

/** Writes all the bytes at a place of the file; a short write, as on a nearly full disk, goes on where it stopped. */
export async function writeAll(descriptor: number, bytes: Buffer, at: number): Promise<void> {
  let done = await writeSome(descriptor, bytes, at);
  while (done < bytes.length) {
    done += await writeSome(descriptor, bytes.subarray(done), at + done);
  }
}
