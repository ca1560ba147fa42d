/** What is counted once a metric has met its bound of label values. */
export const overflowLabel = 'other';

/**
 * The children of a metric with one label, each resolved once. Label values that come from files or
 * requests are unbounded by nature; every one is a time series in the memory of Prometheus, so
 * those beyond the bound share `other`.
 */
export class BoundedChildren<Child> {
  private readonly children = new Map<string, Child>();
  private overflow: Child | undefined;

  constructor(
    private readonly resolve: (label: string) => Child,
    private readonly countMax: number,
  ) {}

  of(label: string): Child {
    const known = this.children.get(label);
    if (known !== undefined) {
      return known;
    }
    if (this.children.size >= this.countMax) {
      this.overflow ??= this.resolve(overflowLabel);
      return this.overflow;
    }
    const child = this.resolve(label);
    this.children.set(label, child);
    return child;
  }
}
