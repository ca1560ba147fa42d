import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ClosedLoopFigures } from '../load/closed-loop.js';
import type { GeneratorAnswer, GeneratorJob } from '../load/generator-process.js';
import type { LoadFigures } from '../load/recorder.js';

/**
 * Room enough that a run of a minute needs no full collection: one keeps both cores busy for tens
 * of milliseconds, and what is measured then is the generator. One helper thread fewer than cores.
 */
const NODE_FLAGS = [
  '--initial-old-space-size=1024',
  '--max-semi-space-size=32',
  '--v8-pool-size=0',
];

/** A load generator in a process of its own: nothing it measures shares its event loop. */
export class Generator {
  private readonly child: ChildProcess;
  private readonly ended: Promise<never>;

  constructor() {
    const path = fileURLToPath(new URL('../load/generator-process.js', import.meta.url));
    this.child = fork(path, { execArgv: NODE_FLAGS });
    this.ended = once(this.child, 'exit').then(() => {
      throw new Error('the load generator ended in the middle of a run');
    });
    // Ends after the last run too, when nobody waits for it.
    this.ended.catch(() => undefined);
  }

  async closedLoop(job: GeneratorJob & { readonly kind: 'closed' }): Promise<ClosedLoopFigures> {
    const answer = await this.run(job);
    if (answer.kind === 'closed') return answer.figures;
    throw new Error('the load generator answered another job');
  }

  async openLoop(job: GeneratorJob & { readonly kind: 'open' }): Promise<LoadFigures> {
    const answer = await this.run(job);
    if (answer.kind === 'open') return answer.figures;
    throw new Error('the load generator answered another job');
  }

  stop(): void {
    this.child.kill();
  }

  private async run(job: GeneratorJob): Promise<GeneratorAnswer> {
    const answered = once(this.child, 'message') as Promise<[GeneratorAnswer]>;
    this.child.send(job);
    const [answer] = await Promise.race([answered, this.ended]);
    return answer;
  }
}
