import { runClosedLoop, type ClosedLoopFigures } from './closed-loop.js';
import { runOpenLoop } from './open-loop.js';
import { payloadMaker, payloadWorld } from './payload.js';
import type { LoadFigures } from './recorder.js';
import type { Stage } from './scenario.js';
import type { Target } from './target.js';

/** What the process is told to do. Each job makes its own transaction ids out of `runId`. */
export type GeneratorJob = {
  readonly target: Target;
  readonly seed: number;
  readonly runId: string;
} & (
  | {
      readonly kind: 'closed';
      readonly concurrency: number;
      readonly warmUpMs: number;
      readonly measureMs: number;
    }
  | { readonly kind: 'open'; readonly stages: readonly Stage[] }
);

export type GeneratorAnswer =
  | { readonly kind: 'closed'; readonly figures: ClosedLoopFigures }
  | { readonly kind: 'open'; readonly figures: LoadFigures };

const WORLD_SEED = 1;
const world = payloadWorld(WORLD_SEED);

process.on('message', (job: GeneratorJob) => {
  void run(job).then((answer) => process.send?.(answer));
});

async function run(job: GeneratorJob): Promise<GeneratorAnswer> {
  const { target, seed, runId } = job;
  const nextBody = payloadMaker({ world, seed, runId, hotCardShare: 0 });
  if (job.kind === 'open') {
    const { stages } = job;
    return { kind: 'open', figures: await runOpenLoop({ target, stages, nextBody }) };
  }
  const { concurrency, warmUpMs, measureMs } = job;
  const options = { target, nextBody, concurrency, warmUpMs, measureMs };
  return { kind: 'closed', figures: await runClosedLoop(options) };
}
