import { listSegments, listSetAside, readHeaderOf } from '#journal/segment-folder.js';
import { whole } from '../cli/format-number.js';

/** Prints one line per segment and a total. */
export async function listJournal(folder: string): Promise<void> {
  const segments = await listSegments(folder);
  if (segments.length === 0) {
    console.log(`${folder} holds no journal; --folder names another one`);
    return;
  }
  const rows = [['first record', 'last record', 'bytes', 'started']];
  let bytes = 0;
  for (const [index, segment] of segments.entries()) {
    const header = await readHeaderOf(segment);
    const next = segments[index + 1];
    const nextHeader = next === undefined ? null : await readHeaderOf(next);
    const last =
      nextHeader?.previousSequence ?? (next === undefined ? null : next.firstSequence - 1);
    rows.push([
      whole(segment.firstSequence),
      last === null ? 'being written' : whole(last),
      whole(segment.bytes),
      header === null ? 'header damaged' : new Date(header.createdMs).toISOString(),
    ]);
    bytes += segment.bytes;
  }
  printTable(rows);
  console.log(`${whole(segments.length)} segments, ${whole(bytes)} bytes`);
  for (const file of await listSetAside(folder)) {
    console.log(`cut off by a recovery and kept: ${file.path} (${whole(file.bytes)} bytes)`);
  }
}

function printTable(rows: readonly (readonly string[])[]): void {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    console.log(row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  }
}
