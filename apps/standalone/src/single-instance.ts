import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';

/**
 * Holds a data folder for one supervisor, by listening on a socket in it. Unlike a file with a
 * process id, a socket of a dead process answers nobody, so a crash never locks anyone out.
 *
 * @returns The holder to close at the end; null when another supervisor has the folder.
 */
export async function holdInstance(socketPath: string): Promise<Server | null> {
  if (await answers(socketPath)) return null;
  await rm(socketPath, { force: true });
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end());
    server.once('error', reject);
    server.listen(socketPath, () => resolve(server.unref()));
  });
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });
}
