import { mkdir, writeFile } from 'node:fs/promises';
import type { OpenApiDocument } from './openapi.js';

const FOLDER = 'docs/api';

/** Writes the document of a service to where readers and generators of clients find it. */
export async function keepOpenApi(service: string, document: OpenApiDocument): Promise<void> {
  const file = `${FOLDER}/${service}.json`;
  await mkdir(FOLDER, { recursive: true });
  await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`wrote ${file}\n`);
}
