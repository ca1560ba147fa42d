import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describeMachine } from '../bench/machine.js';
import { appendResult, reportPath, runIdOf, type LoadJob } from './own-generator.js';

const THRESHOLDS_BROKEN = 99;

/** The version of the k6 on PATH, or null when there is none. */
export async function k6Version(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('k6', ['version']);
    return stdout.trim().split('\n')[0] ?? null;
  } catch {
    return null; // Not there, or not one that runs here: our own generator does the work.
  }
}

/** Runs the scenario's k6 script; true when every threshold was kept. */
export async function runWithK6(version: string, job: LoadJob): Promise<boolean> {
  const startedAt = new Date();
  const report = reportPath(job.name, startedAt);
  await mkdir(dirname(report), { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-load-'));
  try {
    const summary = join(folder, 'summary.json');
    console.log(`${version}; our own generator: --own`);
    const code = await runScript(job, {
      STAGES: JSON.stringify(job.scenario.stages),
      RUN_ID: runIdOf(startedAt),
      SUMMARY: summary,
      REPORT: report,
      URL: urlOf(job),
      API_KEY: job.target.key ?? '',
    });
    if (code !== 0 && code !== THRESHOLDS_BROKEN) {
      throw new Error(`k6 ended with ${code}: its own message stands above`);
    }
    const measured: unknown = JSON.parse(await readFile(summary, 'utf8'));
    await appendResult({
      generator: version,
      scenario: job.name,
      startedAt: startedAt.toISOString(),
      machine: await describeMachine(),
      stages: job.scenario.stages,
      measured,
      passed: code === 0,
    });
    console.log(`report: ${report}`);
    return code === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runScript(job: LoadJob, values: Readonly<Record<string, string>>): Promise<number> {
  const environment = Object.entries(values).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const args = ['run', '--quiet', '--no-usage-report', ...environment];
  const child = spawn('k6', [...args, `load-tests/${job.name}.ts`], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** The address that was checked, not the name it came from. */
function urlOf({ target }: LoadJob): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `http://${host}:${target.port}`;
}
