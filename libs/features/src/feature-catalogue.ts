import { readCatalogue } from './catalogue-reader.js';
import type { CatalogueProblem, ParsedCatalogue } from './catalogue-types.js';

/**
 * Reads a catalogue (`features.yaml`) and checks it whole; every problem is reported, not only the
 * first.
 */
export function parseCatalogue(text: string, fileName: string): ParsedCatalogue {
  return readCatalogue(text, fileName);
}

/** `rules/features.yaml:12:5: message. Fix: …`, one line. */
export function formatCatalogueProblem(problem: CatalogueProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  return `${place}: ${problem.message}. Fix: ${problem.fix}`;
}
