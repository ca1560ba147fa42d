import { DecisionRequest } from '#contracts/decision-request.js';
import { Deadline } from '#platform/deadline.js';
import { validateBody } from '#platform/validate-body.js';
import type { Clock } from '#telemetry/clock.js';
import { bodyHashOf } from './body-hash.js';
import type { DecideService } from './decide.service.js';
import { decisionRequestExample } from './decision-examples.js';

const ROUNDS = 60;
/** So that batches of the model form, as they will under load. */
const AT_ONCE = 8;
const DEADLINE_MS = 1_000;
/** With a part away each round waits for it: starting matters more then. */
const TOTAL_MS_MAX = 1_500;

/**
 * Decides on the example of the documentation again and again, as dry runs, which leave no trace
 * but the timing of their stages: V8 compiles the path before the first payment, not with it.
 *
 * @returns How many decisions were rehearsed.
 */
export async function warmUp(service: DecideService, clock: Clock): Promise<number> {
  const startedAtMs = clock.monotonicMs();
  let rehearsed = 0;
  const rehearse = async (): Promise<void> => {
    const nowMs = clock.monotonicMs();
    const body = validateBody(DecisionRequest, {
      ...decisionRequestExample,
      options: { dry_run: true },
    });
    await service.decide(body, {
      apiKeyId: '',
      claimKey: '',
      bodyHash: bodyHashOf(body),
      mayBackdate: false,
      deadline: new Deadline(nowMs, nowMs + DEADLINE_MS, clock),
      trace: null,
    });
    rehearsed += 1;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(Array.from({ length: AT_ONCE }, rehearse));
    if (clock.monotonicMs() - startedAtMs > TOTAL_MS_MAX) break;
  }
  return rehearsed;
}
