import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { LabelCsv } from './label-csv.js';

test('every line of the example of an import is a label', async () => {
  const path = resolve(import.meta.dirname, '../../../../examples/labels.csv');
  const [header = '', ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const opened = LabelCsv.of(header);
  const refused = lines.filter((line) => !opened.ok || !opened.csv.read(line).ok);
  expect([opened.ok, lines.length, refused]).toEqual([true, 3, []]);
});
