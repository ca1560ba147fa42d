import type { AmountNormalisation } from './catalogue-types.js';
import type { YamlEntry, YamlReader } from './yaml-reader.js';

const CURRENCY = /^[A-Z]{3}$/;

type ClaimName = (entry: YamlEntry, name: string, owner: string) => void;

/**
 * Reads `amounts`: the currency that amounts of several currencies are compared in, and its rates.
 */
export function readAmounts(
  reader: YamlReader,
  section: YamlEntry | undefined,
  claim: ClaimName,
): AmountNormalisation | null {
  if (section === undefined) return null;
  const fields = reader.fields(section.value, 'amounts', ['currency', 'feature', 'rates']);
  const currency = reader.text(fields.get('currency'), 'currency');
  if (currency === null || !CURRENCY.test(currency)) {
    const at = fields.get('currency')?.value ?? section.keyNode;
    reader.add(at, 'amounts has no currency', 'write currency: EUR (ISO 4217, in quotes if odd)');
    return null;
  }
  const featureEntry = fields.get('feature');
  const feature = reader.text(featureEntry, 'feature');
  if (featureEntry !== undefined && feature !== null) claim(featureEntry, feature, 'a feature');
  const rates: Record<string, number> = {};
  const ratesEntry = fields.get('rates');
  for (const entry of ratesEntry === undefined ? [] : reader.entries(ratesEntry.value, 'rates')) {
    const rate = reader.number(entry, `the rate of ${entry.key}`);
    if (!CURRENCY.test(entry.key)) {
      reader.add(entry.keyNode, `"${entry.key}" is no currency`, 'use three capitals (ISO 4217)');
    }
    if (rate === null) continue;
    if (!(rate > 0) || rate > 1e6) {
      const fix = `write how many ${currency} one ${entry.key} is worth`;
      reader.add(entry.value, `the rate of ${entry.key} must be above 0`, fix);
    }
    rates[entry.key] = rate;
  }
  return { currency, rates, feature };
}
