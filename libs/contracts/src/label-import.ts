import { z } from 'zod';

/** Of one import; a file that is larger is sent in parts, as `npm run labels` does. */
export const IMPORT_BYTES_MAX = 4 * 1_048_576;
export const IMPORT_LINES_MAX = 20_000;

/** Columns of the CSV by the names of the fields of a label; the first three have to be there. */
export const labelColumns = [
  'transaction_id',
  'label',
  'source',
  'reason_code',
  'occurred_at',
  'reported_at',
  'amount.value',
  'amount.currency',
] as const;
export const requiredLabelColumns = ['transaction_id', 'label', 'source'] as const;
export type LabelColumn = (typeof labelColumns)[number];

const LineProblem = z.object({
  line: z.int().min(1).describe('Of the file; its header is line 1'),
  column: z.string().nullable().describe('Null where the line as a whole is wrong'),
  reason: z.string().describe('What is wrong; never the value'),
  advice: z.string().describe('What to do'),
});
export type LineProblem = z.infer<typeof LineProblem>;

/** What came of an import. */
export const LabelImportReport = z
  .object({
    accepted: z.int().describe('Labels that were taken, now or before'),
    duplicates: z
      .int()
      .describe('Of these, labels that were taken before, as far as this process remembers'),
    refused: z.int().describe('Lines that were not taken'),
    problems: z.array(LineProblem).describe('Of the refused lines, the first thousand'),
    problems_left_out: z.int(),
  })
  .meta({ id: 'LabelImportReport' });
export type LabelImportReport = z.infer<typeof LabelImportReport>;
