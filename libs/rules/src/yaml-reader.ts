import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Node,
  type Scalar,
} from 'yaml';
import { didYouMean } from '#expression/problem.js';

import type { RulesetProblem } from './ruleset-problem.js';
import type { SourceText, TextPlace } from './ruleset.js';

/** Gathers problems while a file is read, so that one run reports all of them. */
export class ProblemLog {
  readonly problems: RulesetProblem[] = [];
  private subject: string | undefined;

  /** What the next problems are about. */
  about(subject: string | undefined): void {
    this.subject = subject;
  }

  add(problem: Omit<RulesetProblem, 'subject'>): void {
    const { subject } = this;
    this.problems.push(subject === undefined ? problem : { ...problem, subject });
  }
}

/**
 * One YAML value and the file it stands in; the readers return undefined after they logged a
 * problem.
 */
export class YamlValue {
  private constructor(
    private readonly node: Node | null,
    private readonly source: YamlSource,
  ) {}

  static parse(file: string, text: string, log: ProblemLog): YamlValue | undefined {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
    for (const error of document.errors) {
      const { line, col } = lines.linePos(error.pos[0]);
      const message = error.message.split('\n')[0]!.replace(/ at line \d+.*$/, '');
      log.add({ file, line, column: col, message });
    }
    if (document.errors.length > 0) return undefined;
    return new YamlValue(document.contents, { file, text, lines, log });
  }

  /** The fields of a mapping; names not in `allowed` are refused with the nearest one. */
  fields(allowed: readonly string[]): ReadonlyMap<string, YamlValue> | undefined {
    const entries = this.entries();
    if (entries === undefined) return undefined;
    const fields = new Map<string, YamlValue>();
    for (const [name, value, key] of entries) {
      if (allowed.includes(name)) fields.set(name, value);
      else {
        key.refuse(
          `unknown field ${name}${didYouMean(name, allowed)}`,
          `the fields are ${allowed.join(', ')}`,
        );
      }
    }
    return fields;
  }

  /** Every key of a mapping whose keys are names of the analyst's own. */
  entries(): readonly (readonly [string, YamlValue, YamlValue])[] | undefined {
    if (!isMap(this.node)) return this.refuse('a mapping (name: value) is needed here');
    return this.node.items.map((pair) => {
      const key = new YamlValue(pair.key as Node, this.source);
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      return [name, new YamlValue(pair.value as Node | null, this.source), key] as const;
    });
  }

  items(): readonly YamlValue[] | undefined {
    if (!isSeq(this.node)) return this.refuse('a list (- item) is needed here');
    return this.node.items.map((item) => new YamlValue(item as Node, this.source));
  }

  text(): string | undefined {
    const value = this.scalar();
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.refuse('a text is needed here');
  }

  number(range: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.scalar();
    if (typeof value === 'number' && value >= range.min && value <= range.max) return value;
    return this.refuse(`a number from ${range.min} to ${range.max} is needed here`);
  }

  flag(): boolean | undefined {
    const value = this.scalar();
    return typeof value === 'boolean' ? value : this.refuse('true or false is needed here');
  }

  choice<const T extends string>(choices: readonly T[]): T | undefined {
    const value = this.scalar();
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    const near = typeof value === 'string' ? didYouMean(value, choices) : '';
    return this.refuse(`one of ${choices.join(', ')} is needed here${near}`);
  }

  texts(): readonly string[] | undefined {
    const items = this.items()?.map((item) => item.text());
    return items?.every((item) => item !== undefined) ? items : undefined;
  }

  /** A text that problems will be found in later: remembers how its offsets lie in the file. */
  sourceText(): SourceText | undefined {
    const text = this.text();
    if (text === undefined) return undefined;
    const { file } = this.source;
    return { text, place: { file, locate: (offset) => this.locate(offset, text) } };
  }

  /**
   * The place of the whole value, whatever the offset: for texts that are put together from its
   * parts.
   */
  placeOf(): TextPlace {
    return { file: this.source.file, locate: () => this.locate(0, '') };
  }

  refuse(message: string, hint?: string): undefined {
    const { file, log } = this.source;
    const problem = { file, ...this.locate(0, ''), message };
    log.add(hint === undefined ? problem : { ...problem, hint });
    return undefined;
  }

  private scalar(): unknown {
    const node = isAlias(this.node) ? null : this.node;
    return isScalar(node) ? node.value : undefined;
  }

  private locate(offset: number, text: string): { line: number; column: number } {
    const { lines, text: file } = this.source;
    const start = this.node?.range?.[0] ?? 0;
    const place = lines.linePos(start);
    const type = isScalar(this.node) ? (this.node as Scalar).type : undefined;
    const quoted = type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE' ? 1 : 0;
    if (type === 'BLOCK_LITERAL') {
      const before = text.slice(0, offset).split('\n');
      const body = file.indexOf('\n', start) + 1;
      const indent = /^ */.exec(file.slice(body))![0].length;
      return { line: place.line + before.length, column: indent + before.at(-1)!.length + 1 };
    }
    if (type === 'BLOCK_FOLDED') return this.locateFolded(offset, start);
    return { line: place.line, column: place.col + quoted + offset };
  }

  /**
   * A folded text has one space for each line break and its indentation: walk both side by side.
   */
  private locateFolded(offset: number, start: number): { line: number; column: number } {
    const { lines, text: file } = this.source;
    let at = file.indexOf('\n', start) + 1;
    at += /^ */.exec(file.slice(at))![0].length;
    for (let walked = 0; walked < offset && at < file.length; walked += 1) {
      at += file[at] === '\n' ? /^\n\s*/.exec(file.slice(at))![0].length : 1;
    }
    const place = lines.linePos(at);
    return { line: place.line, column: place.col };
  }
}

interface YamlSource {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  readonly log: ProblemLog;
}
