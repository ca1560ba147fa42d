const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A whole number with separators: 1,169,723. */
export function whole(value: number): string {
  return grouped.format(value);
}

/**
 * A share in [0, 1] as a percentage with the given decimals: "0.81 %"; "-" when it is not a number.
 */
export function percent(share: number, decimals = 2): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(decimals)} %` : '-';
}
