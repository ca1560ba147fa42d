import { execFile } from 'node:child_process';
import { arch, cpus, platform, totalmem } from 'node:os';
import { promisify } from 'node:util';

const BYTES_PER_GIB = 1_073_741_824;

/** What a figure was measured on; without it a figure says nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  /** Short hash of the checkout, with `+` for uncommitted changes; null outside of a checkout. */
  readonly commit: string | null;
}

export async function describeMachine(): Promise<Machine> {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGib: Math.round(totalmem() / BYTES_PER_GIB),
    system: `${platform()} ${arch()}`,
    node: process.versions.node,
    commit: await describeCommit(),
  };
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGib, system, node, commit } = machine;
  const version = commit === null ? '' : `, commit ${commit}`;
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}, Node ${node}${version}`;
}

async function describeCommit(): Promise<string | null> {
  try {
    const args = ['describe', '--always', '--exclude=*', '--abbrev=10', '--dirty=+'];
    const { stdout } = await promisify(execFile)('git', args);
    return stdout.trim();
  } catch {
    return null; // No git, or a copy without its history.
  }
}
