import type { SignalDefinition } from '#contracts/signals.js';
import { transactionFields } from '#contracts/transaction-fields.js';
import type { MetadataField } from './catalogue-types.js';

/**
 * The signals in slot order: transaction fields, metadata, features, and the model's score last.
 */
export function buildSchema(
  metadata: readonly MetadataField[],
  features: readonly { readonly name: string; readonly description: string }[],
): SignalDefinition[] {
  const score: SignalDefinition = {
    name: 'score',
    type: 'number',
    origin: 'score',
    description: "the model's fraud probability, [0, 1]",
  };
  return [
    ...transactionFields.map((field): SignalDefinition => ({
      name: field.name,
      type: field.type,
      origin: 'transaction',
      description: field.description,
    })),
    ...metadata.map((field): SignalDefinition => ({ ...field, origin: 'transaction' })),
    ...features.map((feature): SignalDefinition => ({
      name: feature.name,
      type: 'number',
      origin: 'feature',
      description: feature.description,
    })),
    score,
  ];
}
