import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { GeneratorAnswer, GeneratorJob } from '../load/generator-process.js';

/** A load generator in a process of its own: nothing it measures shares its event loop. */
export class Generator {
  private readonly child: ChildProcess;

  constructor() {
    const path = fileURLToPath(new URL('../load/generator-process.js', import.meta.url));
    this.child = fork(path, { execArgv: [] });
  }

  async run<K extends GeneratorJob['kind']>(
    job: GeneratorJob & { readonly kind: K },
  ): Promise<Extract<GeneratorAnswer, { readonly kind: K }>['figures']> {
    this.child.send(job);
    const exited = once(this.child, 'exit').then(() => {
      throw new Error('the load generator ended in the middle of a run');
    });
    const answered = once(this.child, 'message') as Promise<[GeneratorAnswer]>;
    const [answer] = await Promise.race([answered, exited]);
    return answer.figures as Extract<GeneratorAnswer, { readonly kind: K }>['figures'];
  }

  stop(): void {
    this.child.kill();
  }
}
