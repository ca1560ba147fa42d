import { z } from 'zod';

/**
 * What a payment is worth to the one who runs the system. The defaults are a start for card
 * payments, not a truth about anyone: a net value is only as good as these four numbers.
 */
export const Economics = z
  .strictObject({
    margin_share: z
      .number()
      .min(0)
      .max(1)
      .default(0.02)
      .describe("Earned of an honest payment's amount that went through"),
    fraud_loss_share: z
      .number()
      .min(0)
      .max(10)
      .default(1)
      .describe('Lost of a fraudulent amount that went through; above 1 with fees and goods'),
    challenge_cost_minor: z
      .number()
      .min(0)
      .default(5)
      .describe('Of each challenge, in minor units: the provider, and customers who give up'),
    review_cost_minor: z
      .number()
      .min(0)
      .default(300)
      .describe("Of each review, in minor units: some minutes of a person's time"),
  })
  .meta({ id: 'Economics' });
export type Economics = z.infer<typeof Economics>;
