export type CheckState = 'up' | 'down';

export interface HealthCheck {
  readonly name: string;
  /** A required check that is down takes the process out of service; any other only shows. */
  readonly required: boolean;
  /** Rejects or throws when it is down. */
  readonly probe: () => void | Promise<void>;
}

export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'not_ready';
  readonly checks: Readonly<Record<string, CheckState>>;
}

const PROBE_MS_MAX = 500;

async function isUp(check: HealthCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS_MAX);
  });
  const probed = Promise.resolve()
    .then(() => check.probe())
    .then(
      () => true,
      () => false,
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
      this.checks.map(async (check) => ({ check, up: await isUp(check) })),
    );
    const down = states.filter((state) => !state.up);
    const status = down.some(({ check }) => check.required)
      ? 'not_ready'
      : down.length > 0
        ? 'degraded'
        : 'ready';
    const checks = states.map(({ check, up }): [string, CheckState] => [
      check.name,
      up ? 'up' : 'down',
    ]);
    return { status, checks: Object.fromEntries(checks) };
  }
}
