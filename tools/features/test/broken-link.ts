import type { RedisLink } from '#store/redis-link.js';
import { StoreError } from '#store/store-error.js';

export class Killed extends Error {}

/** A link whose process is killed after some round trips: before the last is sent, or after. */
export function killedAfter(link: RedisLink, roundTrips: number, isSent: boolean): RedisLink {
  let left = roundTrips;
  return withExecute(link, async (commands, timeoutMs) => {
    left -= 1;
    if (left < 0 || (left === 0 && !isSent)) throw new Killed();
    const replies = await link.execute(commands, timeoutMs);
    if (left === 0) throw new Killed();
    return replies;
  });
}

/** A link that loses one answer in 23, after Redis did what it was asked. */
export function forgetful(link: RedisLink): RedisLink {
  let nth = 0;
  return withExecute(link, async (commands, timeoutMs) => {
    const replies = await link.execute(commands, timeoutMs);
    nth += 1;
    if (nth % 23 !== 0) return replies;
    const error = new StoreError('timeout', 'lost on the way');
    return replies.map(() => ({ ok: false, error }));
  });
}

function withExecute(link: RedisLink, execute: RedisLink['execute']): RedisLink {
  return new Proxy(link, {
    get: (target, name) => {
      if (name === 'execute') return execute;
      return Reflect.get(target, name, target);
    },
  });
}
