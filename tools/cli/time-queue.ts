export interface Timed {
  readonly timeMs: number;
}

/** What is due later, earliest first; of equal times, first in first out. A binary heap. */
export class TimeQueue<T extends Timed> {
  private readonly heap: { readonly item: T; readonly order: number }[] = [];
  private order = 0;

  get size(): number {
    return this.heap.length;
  }

  /** Infinity when nothing waits. */
  get nextTimeMs(): number {
    return this.heap[0]?.item.timeMs ?? Number.POSITIVE_INFINITY;
  }

  push(item: T): void {
    const entry = { item, order: this.order };
    this.order += 1;
    let index = this.heap.length;
    this.heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      this.heap[index] = above;
      index = parent;
    }
    this.heap[index] = entry;
  }

  pop(): T | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.heap.length > 0) this.sink(last);
    return first.item;
  }

  private sink(entry: { readonly item: T; readonly order: number }): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      let below = this.heap[child];
      const right = this.heap[child + 1];
      if (below !== undefined && right !== undefined && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (below === undefined || !isBefore(below, entry)) break;
      this.heap[index] = below;
      index = child;
    }
    this.heap[index] = entry;
  }
}

interface Ordered {
  readonly item: Timed;
  readonly order: number;
}

function isBefore(first: Ordered, second: Ordered): boolean {
  if (first.item.timeMs !== second.item.timeMs) return first.item.timeMs < second.item.timeMs;
  return first.order < second.order;
}
