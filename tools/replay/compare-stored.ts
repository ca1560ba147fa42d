import type { Pool } from 'pg';
import { readExchanges, type Entry } from './exchange-log.js';
import { storedRows, type Row, type RowSets } from './stored-rows.js';

const BATCH = 1_000;
const EXAMPLES_MAX = 10;
const tables = ['decisions', 'labels', 'outcomes'] as const;
type Table = (typeof tables)[number];

/** How the rows of a table differ from what the replay was answered and told. */
export interface TableResult {
  readonly table: Table;
  equal: number;
  differing: number;
  /** Not stored. */
  missing: number;
  /** Stored of these transactions, and not of this replay. */
  surplus: number;
}

export interface StoredComparison {
  readonly tables: readonly TableResult[];
  readonly ruleHits: number;
  readonly exposures: number;
  readonly examples: readonly string[];
}

/** What one replay said and was told, by transaction. */
export class Exchanges {
  private readonly byTransaction = new Map<string, Record<Table, Map<string, Row>>>();
  private readonly transactionOf = new Map<string, string>();

  static async read(path: string): Promise<Exchanges> {
    const exchanges = new Exchanges();
    const outcomes: Extract<Entry, { type: 'outcome' }>[] = [];
    for await (const entry of readExchanges(path)) {
      // Answers of the API overtake each other in the file.
      if (entry.type === 'outcome') outcomes.push(entry);
      else exchanges.add(entry);
    }
    for (const entry of outcomes) exchanges.add(entry);
    return exchanges;
  }

  get transactionIds(): readonly string[] {
    return [...this.byTransaction.keys()];
  }

  rowsOf(transactionIds: readonly string[], table: Table): readonly Row[] {
    return transactionIds.flatMap((id) => [
      ...(this.byTransaction.get(id)?.[table].values() ?? []),
    ]);
  }

  private add(entry: Entry): void {
    switch (entry.type) {
      case 'decision': {
        const { type: _type, decision_id: id, hits, arms, ...fields } = entry;
        const row = { id, fields: { ...fields, hits: hits.join(' '), arms: arms.join(' ') } };
        this.transactionOf.set(id, entry.transaction_id);
        this.put(entry.transaction_id, 'decisions', row);
        return;
      }
      case 'label':
        this.put(entry.label.transaction_id, 'labels', labelRow(entry));
        return;
      case 'outcome': {
        const { id, decision_id: decisionId, outcome } = entry;
        const fields = {
          decision_id: decisionId,
          outcome: outcome.outcome,
          occurred_at: timeOf(outcome.occurred_at),
        };
        this.put(this.transactionOf.get(decisionId) ?? decisionId, 'outcomes', { id, fields });
      }
    }
  }

  private put(transactionId: string, table: Table, row: Row): void {
    let sets = this.byTransaction.get(transactionId);
    if (sets === undefined) {
      sets = { decisions: new Map(), labels: new Map(), outcomes: new Map() };
      this.byTransaction.set(transactionId, sets);
    }
    sets[table].set(row.id, row);
  }
}

/** Holds what Postgres has of the transactions of a replay against what the replay knows. */
export async function compareStored(pool: Pool, exchanges: Exchanges): Promise<StoredComparison> {
  const results = tables.map((table): TableResult => ({
    table,
    equal: 0,
    differing: 0,
    missing: 0,
    surplus: 0,
  }));
  const examples: string[] = [];
  const ids = exchanges.transactionIds;
  let ruleHits = 0;
  let exposures = 0;
  for (let first = 0; first < ids.length; first += BATCH) {
    const batch = ids.slice(first, first + BATCH);
    const stored: RowSets = await storedRows(pool, batch);
    for (const result of results) {
      const found = compareRows(
        exchanges.rowsOf(batch, result.table),
        stored[result.table],
        result,
      );
      examples.push(...found.slice(0, EXAMPLES_MAX - examples.length));
    }
    ruleHits += wordsIn(stored.decisions, 'hits');
    exposures += wordsIn(stored.decisions, 'arms');
  }
  return { tables: results, ruleHits, exposures, examples };
}

/** @returns What differs, a line for each row. */
function compareRows(
  expected: readonly Row[],
  stored: readonly Row[],
  result: TableResult,
): readonly string[] {
  const lines: string[] = [];
  const left = new Map(stored.map((row) => [row.id, row]));
  for (const { id, fields } of expected) {
    const found = left.get(id);
    left.delete(id);
    if (found === undefined) {
      result.missing += 1;
      lines.push(`${result.table} ${id}: not stored`);
      continue;
    }
    const wrong = Object.keys(fields).filter((name) => fields[name] !== found.fields[name]);
    if (wrong.length === 0) result.equal += 1;
    else {
      result.differing += 1;
      const values = wrong.map((name) => `${name} ${fields[name]} stored as ${found.fields[name]}`);
      lines.push(`${result.table} ${id}: ${values.join(', ')}`);
    }
  }
  for (const id of left.keys()) {
    result.surplus += 1;
    lines.push(`${result.table} ${id}: not of this replay`);
  }
  return lines;
}

function labelRow({ id, label }: Extract<Entry, { type: 'label' }>): Row {
  return {
    id,
    fields: {
      transaction_id: label.transaction_id,
      label: label.label,
      source: label.source,
      reason_code: label.reason_code ?? null,
      amount_value: label.amount?.value ?? null,
      amount_currency: label.amount?.currency ?? null,
      occurred_at: timeOf(label.occurred_at),
      reported_at: timeOf(label.reported_at),
    },
  };
}

function timeOf(time: string | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}

function wordsIn(rows: readonly Row[], field: string): number {
  return rows.reduce((sum, { fields }) => sum + wordCount(fields[field]), 0);
}

function wordCount(text: string | number | null | undefined): number {
  return typeof text !== 'string' || text === '' ? 0 : text.split(' ').length;
}
