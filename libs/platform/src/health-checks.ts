/** `stale`: it serves, but not by its newest files, which were refused. */
export type CheckState = 'up' | 'stale' | 'down';

export interface HealthCheck {
  readonly name: string;
  /** A required check that is down takes the process out of service; any other only shows. */
  readonly required: boolean;
  /** Rejects or throws when it is down; says so when it is stale; else it is up. */
  readonly probe: () => 'stale' | void | Promise<'stale' | void>;
}

export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'not_ready';
  readonly checks: Readonly<Record<string, CheckState>>;
}

const PROBE_MS_MAX = 500;

async function stateOf(check: HealthCheck): Promise<CheckState> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<CheckState>((resolve) => {
    timer = setTimeout(() => resolve('down'), PROBE_MS_MAX);
  });
  const probed = Promise.resolve()
    .then(() => check.probe())
    .then(
      (said): CheckState => (said === 'stale' ? 'stale' : 'up'),
      (): CheckState => 'down',
    );
  try {
    return await Promise.race([probed, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The named checks of /health/ready. A dependency that decisions can do without is not required.
 */
export class HealthChecks {
  private readonly checks: HealthCheck[] = [];

  add(check: HealthCheck): void {
    this.checks.push(check);
  }

  async report(): Promise<HealthReport> {
    const states = await Promise.all(
      this.checks.map(async (check) => ({ check, state: await stateOf(check) })),
    );
    const status = states.some(({ check, state }) => check.required && state === 'down')
      ? 'not_ready'
      : states.some(({ state }) => state !== 'up')
        ? 'degraded'
        : 'ready';
    const checks = states.map(({ check, state }): [string, CheckState] => [check.name, state]);
    return { status, checks: Object.fromEntries(checks) };
  }
}
