import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps control groups of processor time: version 1, and version 2. */
const FOLDERS = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup'];

/**
 * A control group whose processes, and all that they start, run when others leave a core free: what
 * `CPUWeight=idle` of systemd makes.
 */
export class IdleGroup {
  private constructor(private readonly folder: string) {}

  /** @returns Null where this user may make none, or the kernel knows none. */
  static open(): IdleGroup | null {
    for (const parent of FOLDERS) {
      const folder = join(parent, `tollgate-bench-${process.pid}`);
      try {
        mkdirSync(folder);
      } catch {
        continue; // Not there, or not writable.
      }
      const idle = join(folder, 'cpu.idle');
      // The kernel makes the file, where it knows it and the controller is on.
      if (existsSync(idle)) {
        writeFileSync(idle, '1');
        return new IdleGroup(folder);
      }
      rmdirSync(folder);
    }
    return null;
  }

  /** To be called before the process starts others. */
  join(pid: number): void {
    writeFileSync(join(this.folder, 'cgroup.procs'), String(pid));
  }

  /** After its processes have ended. */
  close(): void {
    rmdirSync(this.folder);
  }
}
