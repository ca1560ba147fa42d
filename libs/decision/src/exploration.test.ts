import { expect, test } from 'vitest';
import type { Verdict } from './decide.js';
import { letThrough, mayExplore } from './exploration.js';

const declined: Verdict = {
  decision: 'decline',
  riskScore: 900,
  riskLevel: 'high',
  reasons: [{ code: 'SCORE_DECLINE', source: 'policy' }],
};

test('only a decline may be explored, and none that a list asked for', () => {
  expect(mayExplore(declined)).toBe(true);
  expect(mayExplore({ ...declined, decision: 'review' })).toBe(false);
  const listed = { code: 'LIST_DENY_CARD', source: 'list', ruleId: 'deny' } as const;
  expect(mayExplore({ ...declined, reasons: [...declined.reasons, listed] })).toBe(false);
});

test('what is let through is approved and still says what would have declined it', () => {
  expect(letThrough(declined)).toEqual({
    decision: 'approve',
    riskScore: 900,
    riskLevel: 'high',
    reasons: [
      { code: 'EXPLORATION', source: 'policy' },
      { code: 'SCORE_DECLINE', source: 'policy' },
    ],
  });
});
