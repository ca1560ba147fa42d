import { execFile } from 'node:child_process';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { tinySchema, writeTinyBundle } from '../../test/bundle-copy.js';
import { meanModel } from '#testing/tiny-onnx.js';

const run = promisify(execFile);
const hostFile = new URL('./model-host.ts', import.meta.url).href;
const signalsFile = new URL('../../../contracts/src/signals.ts', import.meta.url).href;

/** Lets plain Node start the sources: a relative .js that is not there is the .ts beside it. */
const sourceHook = `
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && specifier.endsWith('.js')) {
      const source = new URL(specifier.slice(0, -3) + '.ts', context.parentURL);
      if (existsSync(source)) return next(source.href, context);
    }
    return next(specifier, context);
  },
});
`;

async function filesBelow(folder: string): Promise<string[]> {
  return readdir(folder, { recursive: true });
}

test('a process that scores leaves no telemetry files, though its environment says nothing', async () => {
  const home = await mkdtemp(join(tmpdir(), 'home-'));
  const temporary = await mkdtemp(join(tmpdir(), 'tmp-'));
  const script = join(home, 'score.mjs');
  const hook = join(home, 'hook.mjs');
  await writeFile(hook, sourceHook);
  await writeFile(
    script,
    `import { ModelHost } from ${JSON.stringify(hostFile)};
     import { SignalSchema } from ${JSON.stringify(signalsFile)};
     const host = ModelHost.start();
     const schema = new SignalSchema(${JSON.stringify(tinySchema.definitions)});
     const loaded = await host.load(${JSON.stringify(await writeTinyBundle(meanModel(4)))}, schema);
     if (!loaded.ok) throw new Error(loaded.errors.join());
     console.log((await host.score(new Float32Array(4), performance.now() + 5000)).kind);
     await host.close();`,
  );
  const flags = ['--conditions=source', '--experimental-transform-types', '--no-warnings'];
  const { stdout } = await run(process.execPath, [...flags, '--import', hook, script], {
    env: { HOME: home, TMPDIR: temporary, PATH: process.env['PATH'] },
  });
  expect(stdout.trim()).toBe('scored');
  expect((await filesBelow(home)).sort()).toEqual(['hook.mjs', 'score.mjs']);
  expect(await filesBelow(temporary)).toEqual([]);
});
