import { z } from 'zod';
import { errorCatalogue, type ErrorCode } from './error-catalogue.js';

/** A problem document, RFC 9457, with our catalogued `code`. */
export const Problem = z
  .object({
    type: z.string().describe('A link to the page that explains the code'),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string().optional().describe('What was wrong here, and what to do'),
    instance: z.string().optional().describe('The id of this request, as in X-Request-Id'),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .describe('Each thing that was wrong: a JSON pointer into the body, or a header name'),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof Problem>;
