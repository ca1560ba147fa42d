import { hash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The kernel's limit is 108 bytes on Linux and 104 on macOS, with the closing zero. */
const SOCKET_PATH_BYTES_MAX = 103;

/**
 * The path of a unix socket in a folder, or where that is too long, one in the temporary folder.
 */
export function shortSocketPath(folder: string, name: string): string {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  return join(tmpdir(), `tollgate-${hash('sha256', folder, 'hex').slice(0, 16)}-${name}`);
}
