import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Lets a process run when others leave a core free: for what decisions do not wait for. To be
 * called before it starts threads, which take the priority over.
 */
export function giveWay(pid: number): void {
  setPriority(pid, constants.priority.PRIORITY_LOW);
  try {
    // Linux weighs whole sessions against each other, and the process has one of its own: its
    // priority alone would count among its own threads only.
    writeFileSync(`/proc/${pid}/autogroup`, String(constants.priority.PRIORITY_LOW));
  } catch {
    // A kernel that does not group by session.
  }
}
