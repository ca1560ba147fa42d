// What the bootstrap says, always on stderr: the stdout belongs to the command that follows.

/** A failure the user can act on: a sentence of what happened, and what to do about it. */
export class SetupError extends Error {
  constructor(message, { advice = [], output = '' } = {}) {
    super(message);
    this.advice = advice;
    this.output = output;
  }
}

const HEARTBEAT_MS = 10_000;
const OUTPUT_LINES_MAX = 30;

/** Announces a step, says that it is still alive every ten seconds, and how long it took. */
export async function step(title, work) {
  const startedAt = Date.now();
  const seconds = () => `${Math.round((Date.now() - startedAt) / 1000)} s`;
  say(`${title} ...`);
  const heartbeat = setInterval(() => say(`  still at it, ${seconds()}`), HEARTBEAT_MS);
  try {
    const result = await work();
    say(`  done in ${seconds()}`);
    return result;
  } finally {
    clearInterval(heartbeat);
  }
}

export function say(line) {
  process.stderr.write(`tollgate: ${line}\n`);
}

export function explain(error) {
  if (!(error instanceof SetupError)) return `tollgate: unexpected failure\n${error.stack}\n`;
  const tail = error.output.trim().split('\n').slice(-OUTPUT_LINES_MAX);
  const output = error.output.trim() === '' ? [] : ['', ...tail.map((line) => `  | ${line}`)];
  const advice = error.advice.map((line) => `  -> ${line}`);
  return [`\ntollgate: ${error.message}`, ...output, '', ...advice, ''].join('\n');
}
