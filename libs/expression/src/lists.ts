/** A named set of values that `in_list("name", value)` looks up. */
export interface ListLookup {
  readonly name: string;
  /** What the values are, as its file says: the name of a signal, or `string`. */
  readonly kind: string;
  /**
   * Of personal values, the kind of their pseudonyms: only signals of that kind can be looked up.
   * Null: plain texts.
   */
  readonly tokenKind: string | null;
  /**
   * @param atMs Epoch ms of the transaction: entries that expired by then are not found; NaN asks
   *   without a time.
   */
  has(value: string, atMs: number): boolean;
}

/** The lists an expression may name. */
export interface ListCatalogue {
  names(): Iterable<string>;
  find(name: string): ListLookup | undefined;
}
