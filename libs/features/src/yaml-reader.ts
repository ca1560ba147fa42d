import { isMap, isScalar, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml';
import type { CatalogueProblem } from './catalogue-types.js';
import { closestName } from './closest-name.js';

/** One `key: value` of a YAML map, with the node of the key for positions. */
export interface YamlEntry {
  readonly key: string;
  readonly keyNode: Node;
  readonly value: Node | null;
}

/**
 * Reads YAML nodes with the types a catalogue expects and gathers every problem with its position.
 */
export class YamlReader {
  readonly problems: CatalogueProblem[] = [];
  private readonly lines = new LineCounter();

  constructor(private readonly file: string) {}

  /** Parses the text; null when it is not one YAML document, with the problems noted. */
  parse(text: string): Node | null {
    const document = parseDocument(text, { lineCounter: this.lines, uniqueKeys: true });
    for (const error of document.errors) {
      const at = this.lines.linePos(error.pos[0]);
      this.problems.push({
        file: this.file,
        line: Math.max(at.line, 1),
        column: Math.max(at.col, 1),
        message: `not valid YAML: ${error.message.split('\n')[0] ?? error.code}`,
        fix: 'correct the syntax at this place',
      });
    }
    if (document.errors.length > 0) return null;
    if (document.contents === null) this.add(null, 'the file is empty', 'declare entities');
    return document.contents;
  }

  add(node: Node | null, message: string, fix: string): void {
    this.addAt(node?.range?.[0] ?? 0, message, fix);
  }

  addAt(offset: number, message: string, fix: string): void {
    const at = this.lines.linePos(offset);
    this.problems.push({
      file: this.file,
      line: Math.max(at.line, 1),
      column: Math.max(at.col, 1),
      message,
      fix,
    });
  }

  /** The entries of a map in file order; none, with a problem, when the node is no map. */
  entries(node: Node | null, what: string): YamlEntry[] {
    if (!isMap(node)) {
      this.add(node, `${what} must be a map`, `write ${what} as "name: value" lines`);
      return [];
    }
    return (node as YAMLMap<Node, Node | null>).items.map((pair) => ({
      key: isScalar(pair.key) ? String(pair.key.value) : '',
      keyNode: pair.key,
      value: pair.value,
    }));
  }

  /** The entries of a map by name, with unknown names refused. */
  fields(node: Node | null, what: string, known: readonly string[]): Map<string, YamlEntry> {
    const found = new Map<string, YamlEntry>();
    for (const entry of this.entries(node, what)) {
      if (known.includes(entry.key)) {
        found.set(entry.key, entry);
        continue;
      }
      const meant = closestName(entry.key, known);
      const message = `${what} has an unknown field "${entry.key}"`;
      const fix = meant === null ? `use one of: ${known.join(', ')}` : `did you mean "${meant}"?`;
      this.add(entry.keyNode, message, fix);
    }
    return found;
  }

  text(entry: YamlEntry | undefined, what: string): string | null {
    if (entry === undefined) return null;
    if (isScalar(entry.value) && typeof entry.value.value === 'string') return entry.value.value;
    this.add(entry.value ?? entry.keyNode, `${what} must be text`, `write ${entry.key}: <text>`);
    return null;
  }

  number(entry: YamlEntry | undefined, what: string): number | null {
    if (entry === undefined) return null;
    if (isScalar(entry.value) && typeof entry.value.value === 'number') return entry.value.value;
    this.add(entry.value ?? entry.keyNode, `${what} must be a number`, `write ${entry.key}: 0`);
    return null;
  }

  boolean(entry: YamlEntry | undefined, what: string): boolean | null {
    if (entry === undefined) return null;
    if (isScalar(entry.value) && typeof entry.value.value === 'boolean') return entry.value.value;
    const fix = `write ${entry.key}: true or ${entry.key}: false`;
    this.add(entry.value ?? entry.keyNode, `${what} must be true or false`, fix);
    return null;
  }

  /** One of a closed set of words. */
  choice<T extends string>(
    entry: YamlEntry | undefined,
    what: string,
    choices: readonly T[],
  ): T | null {
    const text = this.text(entry, what);
    if (text === null || entry === undefined) return null;
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    const meant = closestName(text, choices);
    const fix = meant === null ? `use one of: ${choices.join(', ')}` : `did you mean "${meant}"?`;
    this.add(entry.value ?? entry.keyNode, `unknown ${what} "${text}"`, fix);
    return null;
  }
}
