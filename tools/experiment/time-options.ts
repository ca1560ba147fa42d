import { Option, type Command } from 'commander';
import { timeOption } from '../cli/number-option.js';

const DAY_MS = 86_400_000;

export interface TimeSettings {
  readonly from: number;
  readonly to: number;
}

/** From and to, as times or days; the last so many days by default. */
export function withTimes(command: Command, days: number, nowMs: number): Command {
  const option = (flags: string, description: string) =>
    new Option(flags, description).argParser(timeOption);
  return command
    .addOption(
      option('--from <time>', 'decisions made from here on, a day or a time with zone').default(
        nowMs - days * DAY_MS,
        `${days} days ago`,
      ),
    )
    .addOption(option('--to <time>', 'and before here').default(nowMs, 'now'));
}

export function timeParameters({ from, to }: TimeSettings): URLSearchParams {
  return new URLSearchParams({
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  });
}
