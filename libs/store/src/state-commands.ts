import type { EntityEvent } from '#features/state-request.js';
import { readAllCommand, readCommand, ringAppendCommand } from './redis-commands.js';
import { itemOf, type RedisCommand, type RedisReply } from './redis-link.js';

/** Commands that read states, and which entities each is about. */
export interface StateCommands {
  readonly commands: readonly RedisCommand[];
  /** One reply for each entity, in the entities' order, out of one for each command. */
  repliesOf(replies: readonly RedisReply[]): readonly RedisReply[];
}

/** A command, and the places of its entities. */
interface Share {
  readonly command: RedisCommand;
  readonly places: readonly number[];
  /** Whether it answers a list with one item for each entity. */
  readonly isList: boolean;
}

/**
 * Reads every entity and, where `append` says so, puts the event into its ring.
 *
 * On a single server one script serves all rings and one MGET all others: a command costs client
 * and server several microseconds, whatever it does. In a cluster the keys are on several nodes,
 * and each entity has a command of its own.
 */
export function stateCommands(
  events: readonly EntityEvent[],
  append: boolean,
  together: boolean,
): StateCommands {
  const appended: number[] = [];
  const read: number[] = [];
  events.forEach(({ entity }, place) => {
    (append && entity.tiles === null ? appended : read).push(place);
  });
  const at = (places: readonly number[]): EntityEvent[] => places.map((place) => events[place]!);
  const groups = (places: readonly number[]): (readonly number[])[] =>
    together && places.length > 0 ? [places] : places.map((place) => [place]);
  const shares: Share[] = [
    ...groups(appended).map((places) => {
      return { command: ringAppendCommand(at(places)), places, isList: true };
    }),
    ...groups(read).map((places) => {
      const command = together ? readAllCommand(at(places)) : readCommand(events[places[0]!]!);
      return { command, places, isList: together };
    }),
  ];
  return {
    commands: shares.map((share) => share.command),
    repliesOf(replies) {
      const result: RedisReply[] = Array.from({ length: events.length });
      shares.forEach(({ places, isList }, index) => {
        const reply = replies[index]!;
        places.forEach((place, nth) => {
          result[place] = isList ? itemOf(reply, nth) : reply;
        });
      });
      return result;
    },
  };
}
