import type { World } from '../world.js';

/**
 * What a fraud plan is made from: when it starts, about how many payments it makes, and its number.
 */
export interface Campaign {
  readonly world: World;
  readonly startMs: number;
  readonly size: number;
  readonly number: number;
}
