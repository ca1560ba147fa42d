import { z } from 'zod';

const ID_LENGTH_MAX = 128;
const TEXT_LENGTH_MAX = 256;
const METADATA_ENTRIES_MAX = 50;
export const AMOUNT_MINOR_MAX = 1_000_000_000_000;

const id = z.string().min(1).max(ID_LENGTH_MAX);
const text = z.string().min(1).max(TEXT_LENGTH_MAX);
const country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'an ISO 3166-1 alpha-2 code in capitals, such as "DE"');
const timestamp = z.iso.datetime({
  offset: true,
  error: 'an RFC 3339 time with zone, such as "2026-11-23T10:15:00Z"',
});
const checkResult = z.enum(['match', 'partial', 'no_match', 'unavailable']);

const address = z.strictObject({
  line1: text.optional(),
  city: text.optional(),
  region: text.optional(),
  postal_code: z.string().min(1).max(16).optional(),
  country: country.optional(),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
});

/** The body of `POST /v1/decisions`: one payment, asked about before it goes through. */
export const DecisionRequest = z
  .strictObject({
    transaction_id: id.describe(
      'Your id of the payment; the idempotency key when no header is sent',
    ),
    type: z
      .enum(['card_payment', 'transfer', 'payout', 'withdrawal', 'account_payment'])
      .default('card_payment'),
    event_time: timestamp
      .optional()
      .describe('When the payment was attempted; features are as of this time. Default: now'),
    amount: z.strictObject({
      value: z.int().min(0).max(AMOUNT_MINOR_MAX).describe('Minor units: 12.34 EUR is 1234'),
      currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code in capitals, such as "EUR"'),
    }),
    payment_method: z
      .strictObject({
        type: z.enum(['card', 'wallet', 'bank_account', 'bnpl', 'other']).default('card'),
        token: id.optional().describe('A token of the card or account. Never its number'),
        bin: z
          .string()
          .regex(/^\d{6,8}$/, 'the first six to eight digits')
          .optional(),
        last4: z
          .string()
          .regex(/^\d{4}$/, 'the last four digits')
          .optional(),
        network: z.string().min(1).max(32).optional(),
        funding: z.enum(['credit', 'debit', 'prepaid', 'unknown']).optional(),
        issuer_country: country.optional(),
      })
      .optional(),
    customer: z
      .strictObject({
        id: id.optional(),
        created_at: timestamp.optional(),
        email: z.email().max(TEXT_LENGTH_MAX).optional().describe('Kept only as a keyed hash'),
        phone: z.string().min(3).max(32).optional().describe('Kept only as a keyed hash'),
        country: country.optional(),
      })
      .optional(),
    counterparty: z.strictObject({ id: id.optional(), country: country.optional() }).optional(),
    merchant: z
      .strictObject({
        id: id.optional(),
        terminal_id: id.optional(),
        mcc: z
          .string()
          .regex(/^\d{4}$/, 'four digits, ISO 18245')
          .optional(),
        country: country.optional(),
        latitude: z.number().min(-90).max(90).optional(),
        longitude: z.number().min(-180).max(180).optional(),
      })
      .optional(),
    device: z
      .strictObject({
        id: id.optional(),
        ip: z.union([z.ipv4(), z.ipv6()]).optional().describe('Kept only as a keyed hash'),
        ip_country: country.optional(),
        user_agent: z.string().max(1024).optional().describe('Kept only as a keyed hash'),
        session_id: id.optional(),
      })
      .optional(),
    billing: address.optional(),
    shipping: address.optional(),
    authentication: z
      .strictObject({
        three_ds: z.enum(['authenticated', 'attempted', 'failed', 'not_enrolled']).optional(),
        avs: checkResult.optional(),
        cvv: checkResult.optional().describe('The result of the check. Never the value'),
      })
      .optional(),
    metadata: z
      .record(
        z.string().min(1).max(64),
        z.union([z.string().max(TEXT_LENGTH_MAX), z.number(), z.boolean()]),
      )
      .refine((entries) => Object.keys(entries).length <= METADATA_ENTRIES_MAX, {
        error: `at most ${METADATA_ENTRIES_MAX} entries`,
      })
      .optional()
      .describe('Your own fields; those declared in features.yaml reach rules and models'),
    options: z
      .strictObject({
        dry_run: z.boolean().default(false).describe('Decide, but count and record nothing'),
        include: z
          .array(z.enum(['features', 'rules', 'trace']))
          .max(3)
          .default([])
          .describe('More detail in the reply: feature values, every rule, why each rule fired'),
      })
      .optional(),
  })
  .meta({ id: 'DecisionRequest' });

export type DecisionRequest = z.infer<typeof DecisionRequest>;
