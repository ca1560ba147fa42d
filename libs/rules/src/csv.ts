export interface CsvRow {
  /** 1-based line on which it starts. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Reads CSV as RFC 4180 has it: cells between commas, quotes doubled inside quotes, line breaks
 * allowed in quotes. Lines that are empty or start with `#` are left out; cells are trimmed unless
 * quoted.
 */
export function parseCsv(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let position = text.codePointAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  while (position < text.length) {
    const startLine = line;
    const cells: string[] = [];
    if (text[position] === '#') {
      position = endOfLine(text, position);
    } else {
      for (;;) {
        const cell = readCell(text, position);
        cells.push(cell.value);
        line += cell.lineBreaks;
        position = cell.end;
        if (text[position] !== ',') break;
        position += 1;
      }
    }
    if (text[position] === '\r') position += 1;
    position += 1;
    line += 1;
    if (cells.some((cell) => cell !== '')) rows.push({ line: startLine, cells });
  }
  return rows;
}

interface Cell {
  readonly value: string;
  readonly end: number;
  readonly lineBreaks: number;
}

function readCell(text: string, start: number): Cell {
  let at = start;
  while (text[at] === ' ') at += 1;
  if (text[at] !== '"') {
    let end = at;
    while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') {
      end += 1;
    }
    return { value: text.slice(at, end).trim(), end, lineBreaks: 0 };
  }
  let value = '';
  let lineBreaks = 0;
  at += 1;
  while (at < text.length) {
    if (text[at] === '"') {
      if (text[at + 1] !== '"') break;
      at += 1;
    }
    if (text[at] === '\n') lineBreaks += 1;
    value += text[at]!;
    at += 1;
  }
  at += 1;
  while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at += 1;
  return { value, end: at, lineBreaks };
}

function endOfLine(text: string, position: number): number {
  const end = text.indexOf('\n', position);
  return end === -1 ? text.length : end;
}
