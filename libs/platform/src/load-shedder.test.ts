import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '#telemetry/clock.js';
import { Metrics } from '#telemetry/metrics.js';
import { nextLimit, type LimitWindow } from './concurrency-limit.js';
import { LoadShedder } from './load-shedder.js';

const options = { limitMin: 4, limitMax: 200, slowMs: 36 };
const calm: LimitWindow = { finished: 100, slow: 0, inFlightPeak: 0, loopOverloaded: false };
const window: fc.Arbitrary<LimitWindow> = fc
  .record({ finished: fc.nat(1000), share: fc.double({ min: 0, max: 1, noNaN: true }) })
  .chain(({ finished, share }) =>
    fc.record({
      finished: fc.constant(finished),
      slow: fc.constant(Math.floor(finished * share)),
      inFlightPeak: fc.nat(300),
      loopOverloaded: fc.boolean(),
    }),
  );
const limit = fc.integer({ min: options.limitMin, max: options.limitMax });

describe('the limit', () => {
  test('stays whole and within its bounds', () => {
    fc.assert(
      fc.property(limit, window, (before, seen) => {
        const after = nextLimit(before, seen, options);
        expect(Number.isInteger(after)).toBe(true);
        expect(after).toBeGreaterThanOrEqual(options.limitMin);
        expect(after).toBeLessThanOrEqual(options.limitMax);
      }),
    );
  });

  test('never grows when requests were slow or the loop was late', () => {
    fc.assert(
      fc.property(limit, window, (before, seen) => {
        fc.pre(seen.loopOverloaded || seen.slow > seen.finished * 0.1);
        expect(nextLimit(before, seen, options)).toBeLessThanOrEqual(before);
      }),
    );
  });

  test('grows only when it was nearly used up', () => {
    expect(nextLimit(100, { ...calm, inFlightPeak: 79 }, options)).toBe(100);
    expect(nextLimit(100, { ...calm, inFlightPeak: 80 }, options)).toBe(105);
  });

  test('a tenth of slow requests is borne, more is not', () => {
    expect(nextLimit(100, { ...calm, slow: 10 }, options)).toBe(100);
    expect(nextLimit(100, { ...calm, slow: 11 }, options)).toBe(80);
  });

  test('recovers from the least to the most within ten seconds of calm use', () => {
    let now = options.limitMin;
    for (let count = 0; count < 100; count += 1) {
      now = nextLimit(now, { ...calm, inFlightPeak: now }, options);
    }
    expect(now).toBe(options.limitMax);
  });
});

describe('the shedder', () => {
  const make = () => {
    const clock = new ManualClock(0);
    const load = { delayP99Ms: 0, utilisation: 0 };
    const metrics = new Metrics();
    const shedder = new LoadShedder({
      ...options,
      limitMax: 8,
      loopDelayMsMax: 40,
      loop: () => load,
      clock,
      metrics,
    });
    return { clock, load, metrics, shedder };
  };

  test('refuses beyond the limit with the time to wait, and admits again when one has left', () => {
    const { shedder } = make();
    for (let count = 0; count < 8; count += 1) shedder.enter(0);
    expect(() => shedder.enter(0)).toThrow(
      expect.objectContaining({ code: 'OVERLOADED', retryAfterSeconds: 1 }) as Error,
    );
    shedder.leave(1);
    shedder.enter(0);
    expect(shedder.inFlight).toBe(8);
  });

  test('slow requests and a late event loop lower the limit, never below its least', async () => {
    const { clock, load, metrics, shedder } = make();
    shedder.enter(0);
    shedder.leave(100);
    clock.advance(100);
    shedder.enter(clock.monotonicMs());
    expect(shedder.limit).toBe(6);
    load.delayP99Ms = 41;
    for (let count = 0; count < 3; count += 1) {
      clock.advance(100);
      shedder.enter(clock.monotonicMs());
    }
    expect([shedder.limit, shedder.inFlight]).toEqual([4, 4]);
    expect(() => shedder.enter(clock.monotonicMs())).toThrow('The service is shedding load');
    expect(await metrics.registry.metrics()).toContain('tollgate_shed_total{cause="event_loop"} 1');
  });

  test('refuses what was read late in a long turn of the event loop, and nothing after it', () => {
    const { clock, shedder } = make();
    clock.advance(41);
    expect(() => shedder.enter(0)).toThrow('The service is shedding load');
    shedder.enter(clock.monotonicMs());
    expect(shedder.inFlight).toBe(1);
  });
});
