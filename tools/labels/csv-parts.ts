/** Lines of a CSV file, with its header before them, as one import takes them. */
export interface CsvPart {
  readonly text: string;
  /** What to add to a line number of the part to get that of the file. */
  readonly linesBefore: number;
  /** Of the file, without its header. */
  readonly lines: number;
}

/** Cuts a file into parts of so many lines; no cell of a labels file holds a line break. */
export async function* csvParts(
  lines: AsyncIterable<string>,
  linesMax: number,
): AsyncGenerator<CsvPart, void, undefined> {
  let header: string | null = null;
  let linesBefore = 0;
  let part: string[] = [];
  for await (const line of lines) {
    if (header === null) {
      header = line;
      continue;
    }
    part.push(line);
    if (part.length < linesMax) continue;
    yield { text: [header, ...part, ''].join('\n'), linesBefore, lines: part.length };
    linesBefore += part.length;
    part = [];
  }
  // A file without lines is sent all the same: whether its header is right is worth knowing.
  if (part.length > 0 || linesBefore === 0) {
    yield { text: [header ?? '', ...part, ''].join('\n'), linesBefore, lines: part.length };
  }
}
