import { expect, test } from 'vitest';
import { nodeProblem } from './node-version.js';

test('only the major version that is tested will do', () => {
  expect(nodeProblem('24.21.0')).toBeNull();
  expect(nodeProblem('20.20.2')).toMatch('Tollgate runs on Node 24, this is 20.20.2');
  expect(nodeProblem('26.0.0')).not.toBeNull();
});

test('it holds for the Node of this test', () => {
  expect(nodeProblem()).toBeNull();
});
