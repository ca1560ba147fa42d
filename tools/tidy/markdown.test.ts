import { expect, test } from 'vitest';
import { headingAnchors, linkTargets, tableRows } from './markdown.js';

test('links are found outside of code only', () => {
  const text = 'See [a](a.md) and `[b](b.md)`.\n\n```\n[c](c.md)\n```\n\n![d](d.png "title")';
  expect(linkTargets(text)).toEqual(['a.md', 'd.png']);
});

test('anchors follow the headings, numbered where they repeat', () => {
  const text = '# The `decide` call\n## Errors, and more\n## Errors, and more\n```\n# no\n```';
  expect([...headingAnchors(text)]).toEqual([
    'the-decide-call',
    'errors-and-more',
    'errors-and-more-1',
  ]);
});

test('tables give their cells', () => {
  expect(tableRows('| a | b |\n|---|---|\n| 1 | 2 |')).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ]);
});
