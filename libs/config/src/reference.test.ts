import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderEnvExample, renderReference } from './reference.js';
import { variables } from './variables.js';

const root = new URL('../../../', import.meta.url);
const names = Object.keys(variables).toSorted();
const cells = (row: string): string[] => row.split('|').map((cell) => cell.trim());

test('.env.example is what the declarations say, and lists exactly the variables there are', async () => {
  const text = await readFile(new URL('.env.example', root), 'utf8');
  expect(text).toBe(renderEnvExample());
  const listed = [...text.matchAll(/^#([A-Z_]+)=/gm)].map((match) => String(match[1]));
  expect(listed.toSorted()).toEqual(names);
});

test('the reference lists exactly the variables there are, with meaning and default', async () => {
  const text = await readFile(new URL('docs/reference/configuration.md', root), 'utf8');
  const documented = text.split('\n').filter((line) => /^\| `[A-Z_]+`/.test(line));
  const declared = renderReference()
    .split('\n')
    .filter((line) => /^\| `[A-Z_]+`/.test(line));
  expect(documented.map(cells)).toEqual(declared.map(cells));
});
