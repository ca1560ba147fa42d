import { countries } from './geography.js';
import { FraudDesk } from './fraud-desk.js';
import { honestPayment } from './honest-payment.js';
import type { Payment } from './payment.js';
import { flashSaleAt, intensity, onlineFactor } from './rhythm.js';
import { World, type SimulationOptions } from './world.js';

const DAY_MS = 86_400_000;
/** The rhythm is taken as constant for this long. */
const TICK_MS = 600_000;

/**
 * All payments of a simulated world in time order, honest and fraudulent, without end of memory:
 * what is held is the population and the fraud already planned, never the past.
 *
 * Honest payments are a Poisson process whose rate follows each country's clock; fraud is merged in
 * by time.
 */
export function* simulatePayments(options: SimulationOptions): Generator<Payment, void, undefined> {
  const world = new World(options);
  const fraud = new FraudDesk(world);
  const endMs = options.startMs + options.days * DAY_MS;
  for (let tickMs = options.startMs; tickMs < endMs; tickMs += TICK_MS) {
    const tickEndMs = Math.min(tickMs + TICK_MS, endMs);
    fraud.advance(tickMs);
    const tick = tickAt(world, tickMs);
    let clockMs = tickMs;
    for (;;) {
      clockMs +=
        tick.total > 0 ? world.random.exponential(1 / tick.total) : Number.POSITIVE_INFINITY;
      const untilMs = Math.min(clockMs, tickEndMs);
      while (fraud.upcoming.nextTimeMs < untilMs) {
        const planned = fraud.upcoming.pop();
        if (planned !== undefined) yield planned;
      }
      if (clockMs >= tickEndMs) break;
      const honest = honestPayment(world, momentAt(world, tick, Math.floor(clockMs)));
      if (honest !== null) yield fraud.observe(honest);
    }
  }
}

interface Tick {
  /** Payments per millisecond up to and including each country, running sums. */
  readonly cumulative: Float64Array;
  readonly total: number;
  readonly onlineFactors: readonly number[];
  readonly flashSales: readonly (number | null)[];
}

function tickAt(world: World, timeMs: number): Tick {
  const cumulative = new Float64Array(countries.length);
  let total = 0;
  for (let country = 0; country < countries.length; country += 1) {
    const perDay = world.customers.paymentsPerDay[country] ?? 0;
    total += (perDay / DAY_MS) * intensity(country, timeMs);
    cumulative[country] = total;
  }
  return {
    cumulative,
    total,
    onlineFactors: countries.map((_, country) => onlineFactor(country, timeMs)),
    flashSales: countries.map((_, country) => flashSaleAt(country, timeMs)),
  };
}

function momentAt(world: World, tick: Tick, timeMs: number) {
  const target = world.random.unit() * tick.total;
  let country = 0;
  while ((tick.cumulative[country] ?? Number.POSITIVE_INFINITY) <= target) country += 1;
  return {
    timeMs,
    country,
    onlineFactor: tick.onlineFactors[country] ?? 1,
    flashSale: tick.flashSales[country] ?? null,
  };
}
