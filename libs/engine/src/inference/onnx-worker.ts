import { parentPort, workerData } from 'node:worker_threads';

import { InferenceSession, Tensor } from 'onnxruntime-node';

import {
  ANSWERED,
  ASKED,
  COMPUTE_MICROS,
  ENDING,
  FAILED,
  ROWS,
  SLOTS_FROM,
  type WorkerData,
  type WorkerMessage,
} from '#engine/inference/worker-memory.js';

// The one place that runs ONNX: session.run blocks its thread in spite of its promise, so it has a
// thread of its own. The import above goes through the package's own name, so that this file starts
// both compiled and, under the `source` condition, as TypeScript (Node strips the types; a relative
// .js would not be found there).

const { control, rows, outputs, model, featureCount } = workerData as WorkerData;
const batch = new Float32Array(outputs.length * featureCount);

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

const refuse = (error: unknown): void =>
  tell({ kind: 'refused', errors: [`model.onnx does not load: ${String(error)}`] });

/** What is wrong with the model's input and output. */
function shapeProblems(session: InferenceSession): string[] {
  const problems: string[] = [];
  const [input, ...otherInputs] = session.inputMetadata;
  const [output, ...otherOutputs] = session.outputMetadata;
  if (input === undefined || otherInputs.length > 0) {
    problems.push(`model.onnx has ${session.inputNames.length} inputs: it must have one`);
  } else if (!input.isTensor || input.type !== 'float32' || input.shape.at(-1) !== featureCount) {
    problems.push(`the input of model.onnx must be float32 [batch, ${featureCount}]`);
  }
  if (output === undefined || otherOutputs.length > 0) {
    problems.push(`model.onnx has ${session.outputNames.length} outputs: it must have one`);
  } else if (!output.isTensor || output.type !== 'float32') {
    problems.push('the output of model.onnx must be float32 [batch, 1]');
  }
  return problems;
}

/** Runs the rows that the control block names; true when every one has an output. */
async function runBatch(session: InferenceSession): Promise<boolean> {
  const count = control[ROWS] as number;
  for (let i = 0; i < count; i += 1) {
    const from = (control[SLOTS_FROM + i] as number) * featureCount;
    batch.set(rows.subarray(from, from + featureCount), i * featureCount);
  }
  const input = new Tensor('float32', batch.subarray(0, count * featureCount), [
    count,
    featureCount,
  ]);
  const inputName = session.inputNames[0] as string;
  const outputName = session.outputNames[0] as string;
  const { data } = (await session.run({ [inputName]: input }))[outputName] as Tensor;
  if (!(data instanceof Float32Array) || data.length !== count) {
    tell({ kind: 'run_failed', message: `${data.length} outputs for ${count} rows` });
    return false;
  }
  outputs.set(data);
  return true;
}

/** Sleeps between runs instead of waiting in an event loop: waking up is then one system call. */
async function serve(session: InferenceSession): Promise<never> {
  for (let answered = 0; ; answered += 1) {
    // Again where a late notify of the run before has woken it: there is nothing to run yet.
    while (Atomics.load(control, ASKED) === answered) Atomics.wait(control, ASKED, answered);
    if (Atomics.load(control, ENDING) === 1) process.exit(0);
    const startedMs = performance.now();
    const succeeded = await runBatch(session).catch((error: unknown) => {
      tell({ kind: 'run_failed', message: String(error) });
      return false;
    });
    control[FAILED] = succeeded ? 0 : 1;
    control[COMPUTE_MICROS] = Math.round((performance.now() - startedMs) * 1000);
    Atomics.store(control, ANSWERED, answered + 1);
    Atomics.notify(control, ANSWERED);
  }
}

async function start(): Promise<void> {
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    // One thread: batches of trees gain nothing from more, and sums keep one order. No spinning: it
    // would burn a core.
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    // The arena and memory patterns trade resident memory for nothing at these sizes.
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
  const errors = shapeProblems(session);
  if (errors.length > 0) {
    tell({ kind: 'refused', errors });
    return;
  }
  tell({ kind: 'ready' });
  await serve(session);
}

await start().catch(refuse);
