import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advanceRollout } from './advance-rollout.js';
import type { Measurement, SideMeasurement } from './measurement.js';
import { defaultRolloutPlan as plan } from './plan.js';
import { startRollout, type RolloutEvent, type RolloutState } from './rollout-state.js';

const MINUTE_MS = 60_000;

const side = (over: Partial<SideMeasurement> = {}): SideMeasurement => ({
  decisions: 5_000,
  errors: 0,
  degraded: 0,
  p99Ms: 8,
  nanScores: 0,
  approvals: 4_800,
  throughMinor: 1e8,
  fraudMinor: 0,
  fraudPayments: 0,
  ...over,
});
const healthy = (over: Partial<Measurement> = {}): Measurement => ({
  candidate: side(),
  baseline: side(),
  scoreBins: [900, 90, 10],
  scoreBinsExpected: [900, 90, 10],
  decisionsInStage: 20_000,
  ...over,
});
const tick = (nowMs: number, measurement: Measurement | null = healthy()): RolloutEvent => ({
  kind: 'tick',
  nowMs,
  measurement,
});
const bySam = (kind: 'pause' | 'resume' | 'promote' | 'roll_back', nowMs = 0): RolloutEvent => ({
  kind,
  nowMs,
  by: 'sam',
});

/** Ticks every minute until the rollout ends, with what the candidate does in a stage. */
function walk(measure: (stage: number) => Measurement | null): {
  actions: string[];
  state: RolloutState;
} {
  let state = startRollout(0);
  const actions: string[] = [];
  for (let minute = 1; minute < 1_000; minute += 1) {
    if (state.kind !== 'running') break;
    const step = advanceRollout(state, tick(minute * MINUTE_MS, measure(state.stage)), plan);
    state = step.state;
    if (step.action.kind !== 'hold') actions.push(`minute ${minute}: ${step.action.sentence}`);
  }
  return { actions, state };
}

describe('a rollout by itself', () => {
  test('walks a good candidate to everything, in the plan’s time', () => {
    const { actions, state } = walk(() => healthy());
    expect(actions).toEqual([
      'minute 30: From shadow to 10 %: every guardrail is kept.',
      'minute 90: From 10 % to 30 %: every guardrail is kept.',
      'minute 150: From 30 % to 100 %: every guardrail is kept.',
      'minute 210: Completed at 100 %: every guardrail is kept.',
    ]);
    expect(state).toEqual({ kind: 'completed', atMs: 210 * MINUTE_MS });
  });

  test('takes back a model whose scores are inverted at the first look, in shadow', () => {
    const inverted = { scoreBins: [10, 90, 900], candidate: side({ approvals: 1_000 }) };
    const { actions, state } = walk(() => healthy(inverted));
    expect(actions).toHaveLength(1);
    expect(actions[0]).toContain('minute 1: Rolled back at shadow: score shift');
    expect(
      state.kind === 'rolled_back' && state.evidence.map(({ guardrail }) => guardrail),
    ).toEqual(['score_shift', 'alert_rate', 'approval_rate']);
  });

  test('takes back a model that is 20 ms slower, by its latency alone', () => {
    const { state } = walk((stage) =>
      healthy(stage === 1 ? { candidate: side({ p99Ms: 28 }) } : {}),
    );
    expect(state).toMatchObject({ kind: 'rolled_back', stage: 1, by: null });
    expect(
      state.kind === 'rolled_back' && state.evidence.map(({ guardrail }) => guardrail),
    ).toEqual(['p99']);
  });

  test.each([
    ['no measurement', null],
    ['too few decisions in the window', healthy({ candidate: side({ decisions: 10 }) })],
    ['no baseline to compare with', healthy({ baseline: side({ decisions: 0 }) })],
    ['too few decisions in the stage', healthy({ decisionsInStage: 999 })],
  ])('holds for ever on %s', (_case, measurement) => {
    expect(walk(() => measurement)).toEqual({ actions: [], state: startRollout(0) });
  });

  test('says what it waits for', () => {
    const early = tick(12 * MINUTE_MS, healthy({ decisionsInStage: 340 }));
    expect(advanceRollout(startRollout(0), early, plan).action).toEqual({
      kind: 'hold',
      sentence: 'Holding at shadow: 12 of 30 minutes, 340 of 1000 decisions.',
    });
    expect(advanceRollout(startRollout(0), tick(0, null), plan).action.sentence).toBe(
      'Holding at shadow: no data, so nothing is promoted.',
    );
  });
});

describe('a person', () => {
  const running = startRollout(0);

  test('pauses, and time does not promote; resumes, and the stage begins anew', () => {
    const paused = advanceRollout(running, bySam('pause'), plan).state;
    expect(advanceRollout(paused, tick(999 * MINUTE_MS), plan).action.kind).toBe('hold');
    const resumed = advanceRollout(paused, bySam('resume', 1_000 * MINUTE_MS), plan).state;
    expect(advanceRollout(resumed, tick(1_029 * MINUTE_MS), plan).action.kind).toBe('hold');
    expect(advanceRollout(resumed, tick(1_030 * MINUTE_MS), plan).action.kind).toBe('promote');
  });

  test('promotes before time, through to the end', () => {
    let state: RolloutState = running;
    const kinds = [0, 1, 2, 3].map(() => {
      const step = advanceRollout(state, bySam('promote'), plan);
      state = step.state;
      return step.action.kind;
    });
    expect(kinds).toEqual(['promote', 'promote', 'promote', 'complete']);
  });

  test('rolls back, even what was completed', () => {
    const completed: RolloutState = { kind: 'completed', atMs: 5 };
    for (const state of [running, completed]) {
      const step = advanceRollout(state, bySam('roll_back', 7), plan);
      expect(step.state).toMatchObject({ kind: 'rolled_back', atMs: 7, by: 'sam' });
      expect(step.action).toMatchObject({ kind: 'roll_back', sentence: 'Rolled back by sam.' });
    }
  });

  test('resuming what runs changes nothing', () => {
    expect(advanceRollout(running, bySam('resume', 99), plan).state).toEqual(running);
  });
});

test('a breach rolls back what is paused, because it still decides', () => {
  const paused: RolloutState = { kind: 'paused', stage: 1, by: 'sam' };
  const bad = tick(1, healthy({ candidate: side({ nanScores: 3 }) }));
  expect(advanceRollout(paused, bad, plan).state).toMatchObject({ kind: 'rolled_back', stage: 1 });
});

const anySide = fc.record({ errors: fc.nat(50), nanScores: fc.nat(2), approvals: fc.nat(5_000) });
const anyEvent: fc.Arbitrary<RolloutEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('tick' as const),
    nowMs: fc.nat(500 * MINUTE_MS),
    measurement: fc.option(anySide.map((over) => healthy({ candidate: side(over) }))),
  }),
  fc.record({
    kind: fc.constantFrom('pause' as const, 'resume' as const, 'promote' as const),
    nowMs: fc.nat(500 * MINUTE_MS),
    by: fc.constant('sam'),
  }),
);

/** Every state that some events lead to, with the event and the step that led from it. */
function steps(events: readonly RolloutEvent[]) {
  let state = startRollout(0);
  return events.map((event) => {
    const step = advanceRollout(state, event, plan);
    const before = state;
    state = step.state;
    return { before, event, ...step };
  });
}

test('a tick moves one stage at most, never on a breach', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      for (const { before, event, action } of steps(events)) {
        if (event.kind !== 'tick' || action.kind !== 'promote') continue;
        expect(before).toMatchObject({ kind: 'running', stage: action.stage - 1 });
        expect(event.measurement?.candidate.nanScores).toBe(0);
      }
    }),
  );
});

test('a tick without data changes nothing, rolled back is final, and every answer is a sentence', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      const all = steps(events);
      const still = all.filter(
        ({ before, event }) =>
          before.kind === 'rolled_back' || (event.kind === 'tick' && event.measurement === null),
      );
      expect(still.map(({ state }) => state)).toEqual(still.map(({ before }) => before));
      expect(all.filter(({ action }) => !/^[A-Z].+\.$/.test(action.sentence))).toEqual([]);
    }),
  );
});
