import type { Restored } from '#store/rebuild/state-restorer.js';
import { whole } from '../cli/format-number.js';

const none: Restored = {
  events: 0,
  known: 0,
  entitiesMade: 0,
  ringWrites: 0,
  tileWrites: 0,
  declined: 0,
  labelled: 0,
};

/** What a rebuild did so far. */
export class RebuildTally {
  done: Restored = none;
  /** Reports that came while it ran. */
  lateReports = 0;
  /** How long the log took to go through, without what comes before and after. */
  walkMs = 0;
  /** Why decisions were left out, and how many. */
  readonly skipped = new Map<string, number>();

  get decisions(): number {
    let skipped = 0;
    for (const count of this.skipped.values()) skipped += count;
    return this.done.events + this.done.known + skipped;
  }

  add(restored: Restored): void {
    const sum = (key: keyof Restored): number => this.done[key] + restored[key];
    this.done = {
      events: sum('events'),
      known: sum('known'),
      entitiesMade: sum('entitiesMade'),
      ringWrites: sum('ringWrites'),
      tileWrites: sum('tileWrites'),
      declined: sum('declined'),
      labelled: sum('labelled'),
    };
  }

  skip(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }

  /** The report at the end, a line for each figure. */
  describe(seconds: number, isDryRun: boolean): string {
    const { done } = this;
    const perSecond = whole((1_000 * this.decisions) / Math.max(1, this.walkMs));
    const rows: [string, string][] = [
      [isDryRun ? 'events to restore' : 'events restored', whole(done.events)],
      ['in Redis already', whole(done.known)],
      ...[...this.skipped].map(([reason, count]): [string, string] => [
        'left out',
        `${whole(count)}: ${reason}`,
      ]),
      ...(isDryRun ? [] : [['entities made', whole(done.entitiesMade)] as [string, string]]),
      ['ring writes', whole(done.ringWrites)],
      ['tile writes', whole(done.tileWrites)],
      ['declines', whole(done.declined)],
      ['labels', whole(done.labelled)],
      ...(isDryRun ? [] : [['reports meanwhile', whole(this.lateReports)] as [string, string]]),
      ['took', `${seconds.toFixed(1)} s; the log at ${perSecond} decisions a second`],
    ];
    return rows.map(([name, value]) => `  ${name.padEnd(20)}${value}\n`).join('');
  }
}
