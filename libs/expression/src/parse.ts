import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js';

import { ExpressionRefused } from './problem.js';

export const SOURCE_CHARACTERS_MAX = 4_096;
export const NODES_MAX = 500;
export const DEPTH_MAX = 32;
const LIST_ITEMS_MAX = 256;

const parser = new Environment({
  limits: {
    maxAstNodes: NODES_MAX,
    maxDepth: DEPTH_MAX,
    maxListElements: LIST_ITEMS_MAX,
    maxMapEntries: 0,
    maxCallArguments: 8,
  },
});

/**
 * Parses CEL with the maintained parser, within bounds. What comes back is only syntax: `check.ts`
 * gives it types.
 *
 * @throws ExpressionRefused for a source too long, too deep, too large or not CEL.
 */
export function parseCel(source: string): ASTNode {
  if (source.trim() === '') {
    throw new ExpressionRefused('the expression is empty', 0, 'write a condition, or `true`');
  }
  if (source.length > SOURCE_CHARACTERS_MAX) {
    throw new ExpressionRefused(
      `the expression has ${source.length} characters, ${SOURCE_CHARACTERS_MAX} are allowed`,
      SOURCE_CHARACTERS_MAX,
      'split it into several rules, or put long sets of values into a list',
    );
  }
  try {
    return parser.parse(source).ast;
  } catch (error) {
    if (error instanceof ParseError) throw refusedSyntax(source, error);
    throw error;
  }
}

const LIMIT_TEXTS: readonly (readonly [string, string])[] = [
  ['maxAstNodes', `the expression has more than ${NODES_MAX} parts; split it into several rules`],
  ['maxDepth', `the expression is nested more than ${DEPTH_MAX} deep; split it into several rules`],
  ['maxListElements', `more than ${LIST_ITEMS_MAX} values in [..]; make it a list file`],
  ['maxMapEntries', 'maps are not part of the rule language'],
  ['maxCallArguments', 'a function takes at most 8 values'],
];

function refusedSyntax(source: string, error: ParseError): ExpressionRefused {
  const position = Math.min(error.range?.start ?? 0, source.length);
  const limit = LIMIT_TEXTS.find(([key]) => error.summary.includes(key));
  if (limit !== undefined) return new ExpressionRefused(limit[1], position);
  const [message, hint] = wordSyntaxError(source, position, error.summary);
  return new ExpressionRefused(message, position, hint);
}

/** Words the slips that people who know SQL, Python or JavaScript make. */
function wordSyntaxError(
  source: string,
  position: number,
  summary: string,
): readonly [string, string | undefined] {
  const rest = source.slice(position);
  const word = /^[A-Za-z]+/.exec(rest)?.[0]?.toLowerCase();
  const before = source.slice(0, position).trimEnd();
  if (rest.startsWith('=') || before.endsWith('=')) {
    return ["unexpected '='", 'compare with == (two equal signs)'];
  }
  if (word === 'and') return [`unexpected '${word}'`, 'write && for and'];
  if (word === 'or') return [`unexpected '${word}'`, 'write || for or'];
  if (/\bnot$/i.test(before)) return ["unexpected 'not'", 'write ! for not'];
  if (rest.startsWith('<>') || before.endsWith('<')) return ["unexpected '<>'", 'write != '];
  if (rest.startsWith('&') || rest.startsWith('|')) {
    return [`unexpected '${rest[0]!}'`, 'write && for and, || for or'];
  }
  if (position >= source.length) return ['the expression ends too early', undefined];
  const near = rest.slice(0, 12);
  return [`not a valid expression at '${near}' (${summary.toLowerCase()})`, undefined];
}
