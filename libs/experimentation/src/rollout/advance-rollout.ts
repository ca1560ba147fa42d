import { checkGuardrails, type GuardrailFinding } from './check-guardrails.js';
import type { Measurement } from './measurement.js';
import type { RolloutPlan, RolloutStage } from './plan.js';
import type { PersonEvent, RolloutEvent, RolloutState, RolloutStep } from './rollout-state.js';

const MINUTE_MS = 60_000;

type Active = Extract<RolloutState, { kind: 'running' | 'paused' }>;

/**
 * One event of a rollout: the state after it, and what to do. A breach rolls back, also when
 * paused, for a paused candidate still decides; missing data holds and never promotes; time in a
 * stage begins anew when a person resumes. What is rolled back stays so: a new attempt is a new
 * rollout.
 */
export function advanceRollout(
  state: RolloutState,
  event: RolloutEvent,
  plan: RolloutPlan,
): RolloutStep {
  if (state.kind === 'rolled_back') return hold(state, 'Rolled back: start a new rollout instead.');
  if (event.kind === 'roll_back') {
    const stage = state.kind === 'completed' ? plan.stages.length - 1 : state.stage;
    return {
      state: { kind: 'rolled_back', stage, atMs: event.nowMs, by: event.by, evidence: [] },
      action: { kind: 'roll_back', evidence: [], sentence: `Rolled back by ${event.by}.` },
    };
  }
  if (state.kind === 'completed') return hold(state, 'Completed: the candidate decides for all.');
  if (event.kind !== 'tick') return byPerson(state, event, plan);
  if (event.measurement === null) {
    return hold(state, `${at(state, plan)}: no data, so nothing is promoted.`);
  }
  return byMeasurement(state, { nowMs: event.nowMs, measurement: event.measurement }, plan);
}

function byPerson(state: Active, event: PersonEvent, plan: RolloutPlan): RolloutStep {
  const { stage } = state;
  switch (event.kind) {
    case 'pause': {
      const paused = { kind: 'paused', stage, by: event.by } as const;
      return hold(paused, `Paused by ${event.by}; guardrails are still watched.`);
    }
    case 'resume': {
      if (state.kind === 'running') return hold(state, `${at(state, plan)}: it was not paused.`);
      const running = { kind: 'running', stage, sinceMs: event.nowMs } as const;
      return hold(running, `Resumed by ${event.by}; the stage begins anew.`);
    }
    case 'promote':
      return promote(state, event.nowMs, { plan, because: `promoted by ${event.by}` });
    case 'roll_back':
      throw new Error('a roll-back is handled before');
  }
}

function byMeasurement(
  state: Active,
  { nowMs, measurement }: { readonly nowMs: number; readonly measurement: Measurement },
  plan: RolloutPlan,
): RolloutStep {
  const stage = stageOf(state, plan);
  const findings = checkGuardrails(measurement, plan, stage.share < 1);
  const evidence = findings.filter((finding) => finding.status === 'breach');
  if (evidence.length > 0) {
    const sentence = `Rolled back at ${shareText(stage)}: ${listed(evidence)}.`;
    return {
      state: { kind: 'rolled_back', stage: state.stage, atMs: nowMs, by: null, evidence },
      action: { kind: 'roll_back', evidence, sentence },
    };
  }
  if (state.kind === 'paused') return hold(state, `${at(state, plan)}: paused by ${state.by}.`);
  const missing = whatIsMissing(stage, measurement, nowMs - state.sinceMs);
  if (missing !== null) return hold(state, `${at(state, plan)}: ${missing}.`);
  const doubtful = findings.filter(holdsBack);
  if (doubtful.length > 0) return hold(state, `${at(state, plan)}: ${listed(doubtful)}.`);
  return promote(state, nowMs, { plan, because: 'every guardrail is kept' });
}

/** Fraud value may wait: its labels come weeks later, and no rollout would ever move. */
function holdsBack({ guardrail, status }: GuardrailFinding): boolean {
  if (status === 'no_data') return guardrail !== 'fraud_value';
  return status === 'unclear';
}

function whatIsMissing(
  { minutesMin, decisionsMin }: RolloutStage,
  { decisionsInStage }: Measurement,
  elapsedMs: number,
): string | null {
  const minutes = Math.floor(elapsedMs / MINUTE_MS);
  if (minutes >= minutesMin && decisionsInStage >= decisionsMin) return null;
  return `${minutes} of ${minutesMin} minutes, ${decisionsInStage} of ${decisionsMin} decisions`;
}

function promote(
  state: Active,
  nowMs: number,
  { plan, because }: { readonly plan: RolloutPlan; readonly because: string },
): RolloutStep {
  const stage = state.stage + 1;
  const next = plan.stages[stage];
  const from = shareText(stageOf(state, plan));
  if (next === undefined) {
    return {
      state: { kind: 'completed', atMs: nowMs },
      action: { kind: 'complete', sentence: `Completed at ${from}: ${because}.` },
    };
  }
  const sentence = `From ${from} to ${shareText(next)}: ${because}.`;
  return {
    state: { kind: 'running', stage, sinceMs: nowMs },
    action: { kind: 'promote', stage, share: next.share, sentence },
  };
}

function hold(state: RolloutState, sentence: string): RolloutStep {
  return { state, action: { kind: 'hold', sentence } };
}

function stageOf(state: Active, plan: RolloutPlan): RolloutStage {
  const stage = plan.stages[state.stage];
  if (stage === undefined) throw new Error(`the plan has no stage ${state.stage}`);
  return stage;
}

function at(state: Active, plan: RolloutPlan): string {
  return `Holding at ${shareText(stageOf(state, plan))}`;
}

function shareText({ share }: RolloutStage): string {
  return share === 0 ? 'shadow' : `${Number((share * 100).toPrecision(4))} %`;
}

function listed(findings: readonly GuardrailFinding[]): string {
  return findings.map((finding) => finding.sentence).join('; ');
}
