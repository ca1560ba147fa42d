import type { z } from 'zod';
import type { ErrorDetail } from '#contracts/app-error.js';
import {
  labelColumns,
  requiredLabelColumns,
  type LabelColumn,
  type LineProblem,
} from '#contracts/label-import.js';
import { labelSources } from '#contracts/label-source.js';
import { LabelRequest } from '#contracts/outcome-request.js';
import { textHasCardNumber } from '#platform/card-number-guard.js';

type Problem = Omit<LineProblem, 'line'>;

/** What a line of a CSV says. */
export type LabelLine =
  | { readonly ok: true; readonly label: LabelRequest }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const TIME = 'a time with zone, such as 2026-11-23T10:15:00Z';
const advices: Readonly<Record<LabelColumn, string>> = {
  transaction_id: 'write the transaction_id of the decision, 1 to 128 characters',
  label: `write one of ${LabelRequest.shape.label.options.join(', ')}`,
  source: `write one of ${labelSources.join(', ')}`,
  reason_code: 'write at most 32 characters, or nothing',
  occurred_at: `write ${TIME}, or nothing`,
  reported_at: `write ${TIME}, or nothing`,
  'amount.value': 'write a whole number of minor units, such as 4999, and amount.currency',
  'amount.currency': 'write three capitals (ISO 4217), such as EUR, and amount.value',
};

/**
 * Reads labels line by line: a line that cannot be read never takes another with it, which is why
 * no cell may hold a line break.
 */
export class LabelCsv {
  private constructor(private readonly columns: readonly LabelColumn[]) {}

  /** From the header; the errors tell what is wrong with it by the place of the column, from 1. */
  static of(
    header: string,
  ):
    | { readonly ok: true; readonly csv: LabelCsv }
    | { readonly ok: false; readonly errors: readonly ErrorDetail[] } {
    const names = splitLine(header) ?? [];
    const errors = names.flatMap((name, index): ErrorDetail[] => {
      const pointer = `/columns/${index + 1}`;
      // Not by name: without a header this is the first line of the data.
      if (!isColumn(name)) return [{ pointer, detail: `not one of ${labelColumns.join(', ')}` }];
      return names.indexOf(name) === index ? [] : [{ pointer, detail: `a second ${name}` }];
    });
    for (const name of requiredLabelColumns) {
      if (!names.includes(name)) errors.push({ pointer: '/columns', detail: `${name} is missing` });
    }
    if (errors.length > 0) return { ok: false, errors };
    return { ok: true, csv: new LabelCsv(names.filter(isColumn)) };
  }

  read(line: string): LabelLine {
    const cells = splitLine(line);
    if (cells === null) {
      const advice = 'put quotes around the whole cell, and double those inside it';
      return refused({ column: null, reason: 'a quote is in the wrong place', advice });
    }
    if (cells.length !== this.columns.length) {
      const reason = `it has ${cells.length} cells, and the header ${this.columns.length}`;
      const advice =
        'put quotes around a cell that holds a comma; leave empty cells in their place';
      return refused({ column: null, reason, advice });
    }
    const card = cells.findIndex((cell, index) => this.isCardNumber(cell, index));
    if (card >= 0) {
      const column = this.columns[card] ?? null;
      return refused({
        column,
        reason: 'it reads as a card number',
        advice: 'send a token, never a card number',
      });
    }
    const parsed = LabelRequest.safeParse(this.bodyOf(cells));
    if (parsed.success) return { ok: true, label: parsed.data };
    return refused(...parsed.error.issues.map(problemOf));
  }

  /** Amounts are numbers of up to 13 digits by nature. */
  private isCardNumber(cell: string, index: number): boolean {
    if (this.columns[index] === 'amount.value' && /^\d{1,13}$/.test(cell)) return false;
    return textHasCardNumber(cell);
  }

  private bodyOf(cells: readonly string[]): Record<string, unknown> {
    const body: Record<string, unknown> = {};
    const amount: Record<string, unknown> = {};
    for (const [index, column] of this.columns.entries()) {
      const text = cells[index] ?? '';
      if (text === '') continue;
      if (column === 'amount.value')
        amount['value'] = /^\d{1,15}$/.test(text) ? Number(text) : text;
      else if (column === 'amount.currency') amount['currency'] = text;
      else body[column] = text;
    }
    return Object.keys(amount).length === 0 ? body : { ...body, amount };
  }
}

/** The cells of one line of CSV (RFC 4180); null when its quotes make no sense. */
function splitLine(line: string): readonly string[] | null {
  const cells: string[] = [];
  for (let at = 0; ; at += 1) {
    const cell = cellAt(line, at);
    if (cell === null) return null;
    cells.push(cell.text);
    at = cell.end;
    if (at >= line.length) return cells;
  }
}

/** Up to the next comma, or to the end. */
function cellAt(line: string, from: number): { text: string; end: number } | null {
  let at = from;
  while (line[at] === ' ') at += 1;
  if (line[at] !== '"') {
    const comma = line.indexOf(',', at);
    const end = comma < 0 ? line.length : comma;
    const text = line.slice(at, end).trim();
    return text.includes('"') ? null : { text, end };
  }
  let text = '';
  for (at += 1; ; at += 2) {
    const quote = line.indexOf('"', at);
    if (quote < 0) return null;
    text += line.slice(at, quote);
    at = quote;
    if (line[quote + 1] !== '"') break;
    text += '"';
  }
  at += 1;
  while (line[at] === ' ') at += 1;
  return at < line.length && line[at] !== ',' ? null : { text, end: at };
}

function isColumn(name: string): name is LabelColumn {
  return (labelColumns as readonly string[]).includes(name);
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  const path = issue.path.map(String).join('.');
  const column = isColumn(path) ? path : null;
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const reason = isMissing ? 'it is missing' : 'it is not in the form that it has to have';
  return { column, reason, advice: column === null ? 'see the guide to labels' : advices[column] };
}

function refused(...problems: readonly Problem[]): LabelLine {
  return { ok: false, problems };
}
