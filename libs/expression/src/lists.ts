/** A named set of values that `in_list("name", value)` looks up. */
export interface ListLookup {
  readonly name: string;
  /**
   * What the values are: the name of a signal (`card`, `email`, `ip_country`) or `string`. A list of personal values
   * can only be asked for the token signal of the same name.
   */
  readonly kind: string;
  /** @param atMs Epoch ms of the transaction: entries that expired by then are not found; NaN asks without a time. */
  has(value: string, atMs: number): boolean;
}

/** The lists an expression may name. */
export interface ListCatalogue {
  names(): Iterable<string>;
  find(name: string): ListLookup | undefined;
}
