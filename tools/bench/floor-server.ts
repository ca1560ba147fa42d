import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify from 'fastify';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { DecisionRequest } from '#contracts/decision-request.js';
import { readModelBundle, type ModelBundle } from '#engine/artifacts/model-bundle.js';

/** The floor's one Redis round trip, with the product's own scripts; rejects when it fails. */
export type RoundTrip = (request: DecisionRequest) => Promise<unknown>;

/**
 * The least that any Node service must do to answer a decision: a bare Fastify route, one Redis
 * round trip, one run of the product's model, JSON in and out. No rules, journal, metrics, traces,
 * authentication, validation, idempotent replies, window maths or NestJS. The model runs on the
 * event loop, a row at a time: the shortest way there is, as long as nothing has to be protected
 * from a slow run.
 */
export async function startFloorServer(
  port: number,
  modelFolder: string,
  roundTrip: RoundTrip,
): Promise<void> {
  const bundle = await newestBundle(modelFolder);
  const probabilityOf = await modelRunner(bundle);
  const app = Fastify();
  app.get('/health/ready', () => ({ ready: true }));
  app.post<{ Body: DecisionRequest }>('/v1/decisions', async (request) => {
    await roundTrip(request.body);
    const probability = await probabilityOf();
    return {
      transaction_id: request.body.transaction_id,
      decision: probability < 0.5 ? 'approve' : 'decline',
      fraud_probability: probability,
      degraded: { value: false },
    };
  });
  await app.listen({ port, host: '127.0.0.1' });
}

/**
 * One run for one row: the bundle's baseline, since what the features are makes no difference to
 * the time.
 */
async function modelRunner({ model, manifest }: ModelBundle): Promise<() => Promise<number>> {
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3,
  });
  const [inputName, outputName] = [session.inputNames[0], session.outputNames[0]];
  if (inputName === undefined || outputName === undefined) {
    throw new Error('model.onnx has no input or no output');
  }
  const row = Float32Array.from(manifest.baseline);
  return async () => {
    const input = new Tensor('float32', row, [1, row.length]);
    const outputs = await session.run({ [inputName]: input });
    return Number(outputs[outputName]?.data[0]);
  };
}

async function newestBundle(folder: string): Promise<ModelBundle> {
  const versions = (await readdir(folder)).map(Number).filter(Number.isInteger);
  if (versions.length === 0) throw new Error(`${folder} holds no model version`);
  const read = await readModelBundle(join(folder, String(Math.max(...versions))));
  if (!read.ok) throw new Error(read.errors.join('\n'));
  return read.value;
}
