import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';

export const MAPPING_FORMAT = 'tollgate-mapping/1';

const ColumnSource = z.strictObject({
  column: z.string().min(1),
  /**
   * Replace the value by its keyed hash before it leaves this process: for card numbers and the
   * like.
   */
  token: z.boolean().default(false),
  lower_case: z.boolean().default(false),
});
const Source = z.union([
  z
    .string()
    .min(1)
    .transform((column) => ({ column, token: false, lower_case: false })),
  ColumnSource,
  z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) }),
]);
export type Source = z.infer<typeof Source>;

/** How a history's columns become requests; the file is described in docs/guides/replay.md. */
export const Mapping = z.strictObject({
  format: z.literal(MAPPING_FORMAT),
  transaction_id: z.string().min(1),
  event_time: z.strictObject({
    column: z.string().min(1),
    /** Of times written without zone: UTC, +02:00, or a name such as Europe/Berlin. */
    zone: z.string().default('UTC'),
    /** What a plain number means. */
    unit: z.enum(['iso', 's', 'ms']).default('iso'),
  }),
  amount: z.strictObject({
    column: z.string().min(1),
    unit: z.enum(['major', 'minor']).default('major'),
    currency: z.union([
      z.string().regex(/^[A-Z]{3}$/),
      z.strictObject({ column: z.string().min(1) }),
    ]),
  }),
  /** Request path, such as customer.id, to where its value comes from. */
  fields: z.record(z.string().regex(/^[a-z_0-9]+(\.[A-Za-z_0-9]+)?$/), Source).default({}),
  label: z
    .strictObject({
      column: z.string().min(1),
      fraud: z.array(z.string()).min(1),
      /** Values that are reported as honest. A payment without a label counts as honest anyway. */
      legit: z.array(z.string()).default([]),
      delay: z.string().describe('how long after the payment the label is known: 7d'),
      source: z
        .enum(['chargeback', 'early_fraud_warning', 'manual_review', 'customer_report', 'refund'])
        .default('chargeback'),
    })
    .optional(),
  /** Other files beside the history; their columns are named "<name>.<column>". */
  joins: z
    .record(
      z.string().regex(/^[a-z_0-9]+$/),
      z.strictObject({ file: z.string().min(1), on: z.string().min(1) }),
    )
    .default({}),
});
export type Mapping = z.infer<typeof Mapping>;

export type ParsedMapping =
  | { readonly ok: true; readonly value: Mapping }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads a mapping file; every problem names the place in it. */
export function parseMapping(text: string, fileName: string): ParsedMapping {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    return { ok: false, problems: [`${fileName}: ${error.message}`] };
  }
  const parsed = Mapping.safeParse(document);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map(
    (issue) => `${fileName}: ${issue.path.join('.') || 'the file'}: ${issue.message}`,
  );
  return { ok: false, problems };
}
