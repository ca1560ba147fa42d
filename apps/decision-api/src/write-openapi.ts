import 'reflect-metadata';
import { mkdir, writeFile } from 'node:fs/promises';
import { openApiDocument } from './openapi-document.js';

const FILE = 'docs/api/openapi.json';

await mkdir('docs/api', { recursive: true });
await writeFile(FILE, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
process.stdout.write(`wrote ${FILE}\n`);
