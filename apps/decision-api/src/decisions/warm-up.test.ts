import { expect, test } from 'vitest';
import { systemClock } from '#telemetry/clock.js';
import { openedParts } from '../../test/opened-parts.js';
import { Completions } from './completions.js';
import { DecideService } from './decide.service.js';
import { warmUp } from './warm-up.js';

test('the path is rehearsed many times and leaves nothing in journal, state or counts', async () => {
  const opened = await openedParts({ MODEL_DIR: 'none' });
  const { parts } = opened;
  const completions = new Completions(parts.store, parts.checkpoint);
  try {
    const rehearsed = await warmUp(new DecideService(parts, completions), systemClock);
    expect(rehearsed).toBeGreaterThanOrEqual(8);
    const metrics = await parts.metrics.registry.metrics();
    expect(metrics).not.toMatch(/^tollgate_decisions_total\S* [1-9]/m);
    const { sequence } = await parts.journal.append('label', '{}');
    expect(sequence).toBe(1);
    expect(completions.size).toBe(0);
  } finally {
    await completions.close();
    await opened.close();
  }
});
