import { expect, test } from 'vitest';
import { beginRebuild } from './begin-rebuild.js';

const nowMs = 1_000;
const wish = { fromMs: 100, untilMs: null, isAgain: false };
const finished = {
  started_at_ms: 900,
  until_ms: 900,
  done_from_ms: 100,
  stretch: null,
  batch: 7,
  is_again: false,
  is_finished: true,
};
const killed = {
  ...finished,
  stretch: { from_ms: 100, to_ms: 200, after: 'x' },
  is_finished: false,
};

test('on an empty Redis it begins at now, or at the time that is asked for', () => {
  const begun = beginRebuild(null, wish, nowMs);
  expect(begun).toMatchObject({ isNeeded: true, resumes: false });
  expect(begun.progress).toMatchObject({ until_ms: 1_000, done_from_ms: 1_000, batch: 1 });
  const until = (untilMs: number) => beginRebuild(null, { ...wish, untilMs }, nowMs).progress;
  expect(until(500)).toMatchObject({ until_ms: 500, done_from_ms: 500 });
  expect(until(5_000)).toMatchObject({ until_ms: 1_000 });
});

test('what was killed goes on where it stopped, with the batch that was under way', () => {
  expect(beginRebuild(killed, wish, nowMs)).toEqual({
    progress: killed,
    isNeeded: true,
    resumes: true,
  });
});

test('what is done is not done again', () => {
  expect(beginRebuild(finished, wish, nowMs)).toMatchObject({ isNeeded: false });
});

test('an earlier day is added in front of what is done', () => {
  const { progress, isNeeded } = beginRebuild(finished, { ...wish, fromMs: 50 }, nowMs);
  expect(isNeeded).toBe(true);
  expect(progress).toMatchObject({ until_ms: 900, done_from_ms: 100, started_at_ms: 1_000 });
});

test('again begins at now, with a batch number that was not under way', () => {
  const { progress } = beginRebuild(finished, { ...wish, isAgain: true }, nowMs);
  expect(progress).toMatchObject({ until_ms: 1_000, done_from_ms: 1_000, batch: 8 });
});

test('again is refused while one is not finished: its last batch could count twice', () => {
  expect(() => beginRebuild(killed, { ...wish, isAgain: true }, nowMs)).toThrow('not finished');
});
