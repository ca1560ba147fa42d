import type { z } from 'zod';
import { AppError, type ErrorDetail } from '#contracts/app-error.js';

const PROBLEMS_MAX = 20;

/** RFC 6901: `~` and `/` inside a name are written `~0` and `~1`. */
function pointerOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

/** Texts of our schemas or of zod; neither repeats the value that was sent. */
function detailOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    // zod leaves the input out of an issue, so "nothing was sent" shows in its text only.
    return issue.message.endsWith('received undefined')
      ? `required; expected ${issue.expected}`
      : `expected ${issue.expected}`;
  }
  return issue.message;
}

function problemsOf(issue: z.core.$ZodIssue): ErrorDetail[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      detail: 'unknown field; remove it, or put it under metadata',
    }));
  }
  return [{ pointer: pointerOf(issue.path), detail: detailOf(issue) }];
}

/** The problems of a body as one error that names every field. */
export function requestInvalid(error: z.core.$ZodError): AppError {
  const problems = error.issues.flatMap(problemsOf);
  const more = problems.length > PROBLEMS_MAX ? ` The first ${PROBLEMS_MAX} are listed.` : '';
  return new AppError('REQUEST_INVALID', {
    detail: `${problems.length} ${problems.length === 1 ? 'field is' : 'fields are'} wrong.${more}`,
    errors: problems.slice(0, PROBLEMS_MAX),
  });
}

/** The body as its schema reads it, defaults filled in; throws REQUEST_INVALID. */
export function validateBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw requestInvalid(parsed.error);
  }
  return parsed.data;
}
