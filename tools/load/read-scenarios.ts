import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Scenarios } from './scenario.js';

/** The scenarios that k6 and our own generator both run. */
export async function readScenarios(path: string): Promise<Scenarios> {
  const parsed = Scenarios.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${path} is not valid:\n${z.prettifyError(parsed.error)}`);
}
