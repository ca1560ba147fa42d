import { percent, whole } from '../cli/format-number.js';
import { scenarios, type Payment, type Scenario } from './payment.js';

/** Counts what was simulated, for the report at the end. */
export class Tally {
  private rows = 0;
  private labels = 0;
  private readonly byScenario = new Map<Scenario, number>();

  count({ truth }: Payment, labels: number): void {
    this.rows += 1;
    this.labels += labels;
    if (truth.scenario === null) return;
    this.byScenario.set(truth.scenario, (this.byScenario.get(truth.scenario) ?? 0) + 1);
  }

  report({ out, labels, seconds }: ReportOptions): string {
    const frauds = [...this.byScenario.values()].reduce((sum, count) => sum + count, 0);
    const lines = scenarios.map(
      (scenario) => `  ${scenario.padEnd(22)}${whole(this.byScenario.get(scenario) ?? 0)}`,
    );
    return [
      `${whole(this.rows)} transactions in ${out}, ${whole(frauds)} of them fraud ` +
        `(${percent(frauds / this.rows)}):`,
      ...lines,
      ...(labels === false ? [] : [`${whole(this.labels)} labels in ${labels}`]),
      `${seconds.toFixed(1)} s, ${whole(this.rows / seconds)} rows/s`,
      '',
    ].join('\n');
  }
}

export interface ReportOptions {
  readonly out: string;
  readonly labels: string | false;
  readonly seconds: number;
}
