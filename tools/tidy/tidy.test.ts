import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorCatalogue } from '#contracts/error-catalogue.js';
import { headingAnchors, linkTargets, tableRows } from './markdown.js';
import { countCodeLines, listFiles, readText, root } from './repository.js';

const CODE_LINES_MAX = 300;
const COLUMNS_MAX = 100;
/**
 * The formatter does not break texts; a line that holds one may be longer, and is still bounded.
 */
const TEXT_COLUMNS_MAX = 140;

const files = listFiles();
const code = files.filter((path) => /\.(ts|mjs)$/.test(path)).map(readText);
const documents = files.filter((path) => path.endsWith('.md')).map(readText);

describe('sources', () => {
  test(`no file holds more than ${CODE_LINES_MAX} lines of code`, () => {
    const long = code
      .filter(({ path }) => !path.endsWith('.test.ts'))
      .map(({ path, lines }) => ({ path, count: countCodeLines(lines) }))
      .filter(({ count }) => count > CODE_LINES_MAX);
    expect(long).toEqual([]);
  });

  test(`no line is longer than ${COLUMNS_MAX} columns, or ${TEXT_COLUMNS_MAX} with a text`, () => {
    const isComment = /^\s*(?:\/\/|\/?\*)/;
    const long = code.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => {
        const holdsText = !isComment.test(line) && /['"`/]/.test(line);
        const limit = holdsText ? TEXT_COLUMNS_MAX : COLUMNS_MAX;
        return line.length > limit ? [`${path}:${index + 1}`] : [];
      }),
    );
    expect(long).toEqual([]);
  });

  test('no source names a folder of the machine it was written on', () => {
    const machinePath = /(?<![\w.])\/(?:home|Users|work|root)\/[\w.-]+/;
    const texts = files.filter((path) => /\.(ts|mjs|json|ya?ml|md|py|sh)$/.test(path));
    const found = texts
      .filter((path) => path !== 'package-lock.json' && statSync(join(root, path)).size < 1_000_000)
      .map(readText)
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) => (machinePath.test(line) ? [`${path}:${index + 1}`] : [])),
      );
    expect(found).toEqual([]);
  });

  test('a to-do names its issue', () => {
    const nameless = /\b(?:TODO|FIXME|XXX)\b(?!\s*\(#\d+\))/;
    const found = code
      .filter(({ path }) => !path.startsWith('tools/tidy/'))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) => (nameless.test(line) ? [`${path}:${index + 1}`] : [])),
      );
    expect(found).toEqual([]);
  });
});

describe('documents', () => {
  test('every link inside the repository leads somewhere', () => {
    const dead = documents.flatMap(({ path, text }) =>
      linkTargets(text)
        .filter((target) => !/^(?:https?|mailto):/.test(target))
        .filter((target) => !leadsSomewhere(path, target))
        .map((target) => `${path}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  test('every document can be reached from the index of the documentation', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const target of linkTargets(readText(path).text)) {
        const [file = ''] = target.split('#');
        const linked = normalize(join(dirname(path), file));
        if (linked.endsWith('.md') && files.includes(linked)) reached.add(linked);
      }
    }
    const lost = documents
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && !reached.has(path));
    expect(lost).toEqual([]);
  });

  test('every error code is documented with its status, and every documented code exists', () => {
    const rows = tableRows(readText('docs/reference/errors.md').text);
    const documented = rows.flatMap(([first = '']) => /^`([A-Z][A-Z_]+)`$/.exec(first)?.[1] ?? []);
    expect(documented.toSorted()).toEqual(Object.keys(errorCatalogue).toSorted());

    const statuses = rows.flatMap(([first = '', status = '']) =>
      first.startsWith('`') ? [[first.replaceAll('`', ''), Number(status)]] : [],
    );
    const expected = Object.entries(errorCatalogue).map(([name, { status }]) => [name, status]);
    expect(Object.fromEntries(statuses)).toEqual(Object.fromEntries(expected));
  });

  test('the glossary has one row for a word, and its types exist', () => {
    const [, ...rows] = tableRows(readText('docs/reference/glossary.md').text);
    const words = rows.map(([word = '']) => word);
    expect(words).toEqual([...new Set(words)]);

    const exported = new Set(
      code.flatMap(({ text }) =>
        [
          ...text.matchAll(/^export (?:abstract )?(?:interface|type|class|const|function) (\w+)/gm),
        ].map((match) => match[1]),
      ),
    );
    const types = rows.flatMap(([, , type = '']) =>
      [...type.matchAll(/`(\w+)`/g)].map((m) => m[1]),
    );
    expect(types.filter((type) => !exported.has(type))).toEqual([]);
  });
});

describe('artifacts', () => {
  test('every ruleset has its cases', () => {
    const rulesets = files.filter((path) => /(^|\/)ruleset\.yaml$/.test(path)).map(dirname);
    expect(rulesets.filter((folder) => !files.includes(`${folder}/cases.csv`))).toEqual([]);
  });

  test('every file of a model bundle has the hash that its manifest states', () => {
    const wrong = files
      .filter((path) => /^models\/[^/]+\/[^/]+\/manifest\.json$/.test(path))
      .flatMap((path) => wrongFiles(path));
    expect(wrong).toEqual([]);
  });

  test('every optional package of the lock file has an entry, without which npm ci refuses it', () => {
    const { packages } = JSON.parse(readText('package-lock.json').text) as LockFile;
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});

interface LockFile {
  readonly packages: Record<string, { readonly optionalDependencies?: Record<string, string> }>;
}

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), decodeURIComponent(file)));
  if (!existsSync(join(root, path))) return false;
  return anchor === undefined || !path.endsWith('.md')
    ? true
    : headingAnchors(readText(path).text).has(anchor);
}

function wrongFiles(manifestPath: string): string[] {
  const manifest = JSON.parse(readText(manifestPath).text) as { files: Record<string, string> };
  return Object.entries(manifest.files).flatMap(([name, sha256]) => {
    const path = join(dirname(manifestPath), name);
    if (!existsSync(join(root, path))) return [`${path} is missing`];
    const actual = createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex');
    return actual === sha256 ? [] : [`${path} has another hash`];
  });
}
