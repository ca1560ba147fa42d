/**
 * Mixes 32 bits so that each input bit reaches each output bit: the finaliser of MurmurHash3
 * (Appleby, 2011).
 */
export function mix32(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/**
 * A fixed pseudo-random 32-bit number for a pair: traits that must not need memory are drawn from
 * it.
 */
export function hashPair(first: number, second: number): number {
  return mix32(mix32(first) + Math.imul(second | 0, 0x9e3779b1));
}

/** The same, as a number in [0, 1). */
export function hashUnit(first: number, second: number): number {
  return hashPair(first, second) / 0x1_0000_0000;
}

/**
 * A seeded source of random numbers: xoshiro128**, period 2^128 - 1.
 *
 * @see Blackman & Vigna (2021), "Scrambled linear pseudorandom number generators", ACM TOMS 47(4).
 * The state is filled by splitmix32, as the authors advise, so that close seeds give unrelated
 * streams.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private spareNormal = Number.NaN;

  constructor(seed: number) {
    const splitmix = (index: number): number => mix32(seed + Math.imul(index, 0x9e3779b9));
    this.a = splitmix(1);
    this.b = splitmix(2);
    this.c = splitmix(3);
    // An all-zero state would stay zero for ever.
    this.d = splitmix(4) | 1;
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const product = Math.imul(this.b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** A whole number in [low, high], both included. */
  integer(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('cannot pick from an empty list');
    return item;
  }

  exponential(mean: number): number {
    return -Math.log(1 - this.unit()) * mean;
  }

  /** Standard normal, by Marsaglia's polar method (1964). */
  normal(): number {
    if (!Number.isNaN(this.spareNormal)) {
      const spare = this.spareNormal;
      this.spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.unit() - 1;
      const y = 2 * this.unit() - 1;
      const square = x * x + y * y;
      if (square === 0 || square >= 1) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.spareNormal = y * scale;
      return x * scale;
    }
  }

  /** Log-normal with the given median; `spread` is the standard deviation of the logarithm. */
  lognormal(median: number, spread: number): number {
    return median * Math.exp(spread * this.normal());
  }
}
