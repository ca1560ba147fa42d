import type { DecisionReply } from '#contracts/decision-reply.js';
import type { DecisionRequest } from '#contracts/decision-request.js';
import type { Degradation } from '#decision/degradation.js';
import type { Judgement } from '#engine/judge.js';
import type { PreparedTransaction } from '#engine/prepare.js';
import type { Deadline } from '#platform/deadline.js';
import type { RequestTrace } from '#telemetry/tracing.js';
import type { Scored } from './score-transaction.js';
import type { Exploration } from '#experimentation/assignment/explore-decline.js';
import type { ActiveTraffic, Deciders, Route } from '../traffic/route.js';
import type { StageTimer } from './stage-timer.js';

/** Who asks, and until when. */
export interface DecideContext {
  readonly apiKeyId: string;
  readonly claimKey: string;
  readonly bodyHash: string;
  /** Whether the event time may lie anywhere in the past: the scope `replay`. */
  readonly mayBackdate: boolean;
  readonly deadline: Deadline;
  readonly trace: RequestTrace | null;
}

/** One decision on its way: what the stages hand on to each other. */
export interface InProgress {
  readonly request: DecisionRequest;
  readonly context: DecideContext;
  readonly traffic: ActiveTraffic;
  /** As it was when the decision began. */
  readonly champion: Deciders;
  readonly prepared: PreparedTransaction;
  readonly receivedAtMs: number;
  readonly timer: StageTimer;
}

/** What was decided, and by what; not recorded yet, and not answered. */
export interface Decided {
  readonly reply: DecisionReply;
  readonly route: Route;
  readonly exploration: Exploration | null;
  readonly judgement: Judgement;
  readonly scored: Scored;
  readonly degradation: Degradation;
  /** Before the model was asked. */
  readonly stateDegradation: Degradation;
}
