// The build: tsc into dist/, incremental, run only when a source or a setting changed since the
// last one.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { SetupError, step } from './console.mjs';
import { withLock } from './lock.mjs';
import { inRoot, modules, pinnedNode, root } from './paths.mjs';
import { run } from './spawn.mjs';

const SOURCE_FOLDERS = ['apps', 'libs', 'tools'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json'];
const stampFile = inRoot('dist', '.build-stamp');

export async function build() {
  if (stamp() === readStamp()) return;
  await withLock(async () => {
    const current = stamp();
    if (current === readStamp()) return;
    await step('Building', async () => {
      removeStaleOutputs();
      await compile();
    });
    writeFileSync(stampFile, current);
  });
}

/** Path, size and time of change of everything the build depends on: cheap to take, and enough. */
function stamp() {
  return [...sources(), ...SETTINGS]
    .map((file) => {
      const { size, mtimeMs } = statSync(inRoot(file));
      return `${file} ${size} ${mtimeMs}`;
    })
    .join('\n');
}

function readStamp() {
  return existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : null;
}

/** The files that tsconfig.build.json compiles. */
function sources() {
  return SOURCE_FOLDERS.flatMap((folder) => filesUnder(folder)).filter(
    (file) => file.endsWith('.ts') && !/\.test\.ts$|^libs\/testing\/|\/test\//.test(file),
  );
}

function filesUnder(folder) {
  if (!existsSync(inRoot(folder))) return [];
  return readdirSync(inRoot(folder), { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [file];
    return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : filesUnder(file);
  });
}

/** tsc never deletes: the output of a source that is gone would go on being importable. */
function removeStaleOutputs() {
  const wanted = new Set(sources().map((file) => file.replace(/\.ts$/, '.js')));
  for (const file of filesUnder('dist')) {
    const output = path.posix.relative('dist', file).replace(/\.map$/, '');
    if (output.endsWith('.js') && !wanted.has(output)) rmSync(inRoot(file));
  }
  // tsc believes its record rather than the disk: where an output is missing, it starts afresh.
  if (![...wanted].every((file) => existsSync(inRoot('dist', file)))) {
    rmSync(inRoot('dist', '.tsbuildinfo.build'), { force: true });
  }
}

async function compile() {
  mkdirSync(inRoot('dist'), { recursive: true });
  const compiler = path.join(modules, 'typescript', 'bin', 'tsc');
  const { code, output } = await run(pinnedNode, [
    compiler,
    '-p',
    path.join(root, 'tsconfig.build.json'),
  ]);
  if (code !== 0) {
    throw new SetupError('The sources do not compile.', {
      output,
      advice: ['mend the lines above; npm run check says more'],
    });
  }
}
