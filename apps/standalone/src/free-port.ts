import { createServer } from 'node:net';

const PORTS_TRIED_MAX = 20;

export type ChosenPort =
  { readonly ok: true; readonly port: number } | { readonly ok: false; readonly problem: string };

export interface WantedPort {
  readonly host: string;
  readonly port: number;
  /**
   * A port that the user named is taken or refused; our default may give way to the next free one.
   */
  readonly isGiven: boolean;
  /** The variable that names another. */
  readonly variable: string;
}

/** Chooses the port to serve on; port 0 is any free one. */
export async function choosePort(wanted: WantedPort): Promise<ChosenPort> {
  const { host, port, isGiven, variable } = wanted;
  const last = isGiven ? port : port + PORTS_TRIED_MAX - 1;
  for (let candidate = port; candidate <= last; candidate += 1) {
    const bound = await tryPort(host, candidate);
    if (typeof bound === 'number') return { ok: true, port: bound };
    if (bound !== 'EADDRINUSE') {
      return { ok: false, problem: `cannot listen on ${host}, port ${candidate} (${bound})` };
    }
  }
  const tried = isGiven ? `port ${port} is in use` : `ports ${port} to ${last} are in use`;
  return { ok: false, problem: `${tried}; name another: ${variable}=9090 npm start` };
}

/** The port bound, or the system's code of the error. */
function tryPort(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}
