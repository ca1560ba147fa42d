import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { decisions, degradationCauses, degradationLevels } from '#contracts/decision-reply.js';
import type { Decision, DegradationCause, DegradationLevel } from '#contracts/decision-reply.js';
import { errorCatalogue, type ErrorCode } from '#contracts/error-catalogue.js';
import { BoundedChildren } from './bounded-children.js';
import type { LoopLoad } from './loop-monitor.js';

const MS_PER_SECOND = 1000;
const stageBuckets = [1, 2, 3, 5, 8, 12, 20, 30, 40, 50, 75, 100, 250].map(
  (ms) => ms / MS_PER_SECOND,
);
const groupBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

export const stages = [
  'ingress',
  'state',
  'features',
  'model',
  'rules',
  'policy',
  'journal',
  'reply',
] as const;
export type Stage = (typeof stages)[number];

export const shedCauses = ['concurrency', 'event_loop'] as const;
export type ShedCause = (typeof shedCauses)[number];

export const shadowDropCauses = ['queue_full', 'busy', 'journal', 'shutdown'] as const;
export type ShadowDropCause = (typeof shadowDropCauses)[number];

export const storeErrorKinds = ['timeout', 'unavailable', 'reply'] as const;
export type StoreErrorKind = (typeof storeErrorKinds)[number];

/** Most label values of one metric whose values come from files or requests. */
const RULES_MAX = 2000;
const FIELDS_MAX = 200;
const NAMES_MAX = 50;

type Children<Name extends string, Child> = Readonly<Record<Name, Child>>;

function children<Name extends string, Child>(
  names: readonly Name[],
  resolve: (name: Name) => Child,
): Children<Name, Child> {
  return Object.fromEntries(names.map((name) => [name, resolve(name)])) as Children<Name, Child>;
}

/**
 * Every metric of the process but those of the log (log-metrics.ts); children are resolved once,
 * because resolving one costs more than counting. Described in docs/reference/metrics.md.
 */
export class Metrics {
  readonly registry = new Registry();

  readonly decisionDuration = this.histogram('tollgate_decision_duration_seconds', {
    help: 'Time from the first byte of a decision request to its reply',
    buckets: stageBuckets,
  });
  private readonly stageChildren: Children<Stage, Histogram.Internal<string>>;
  private readonly decisionChildren: Children<Decision, Counter.Internal>;
  private readonly causeChildren: Children<DegradationCause, Counter.Internal>;
  private readonly levelChildren: Children<DegradationLevel, Counter.Internal>;
  private readonly problemChildren: Children<ErrorCode, Counter.Internal>;
  private readonly shedChildren: Children<ShedCause, Counter.Internal>;
  private readonly shadowDropChildren: Children<ShadowDropCause, Counter.Internal>;
  private readonly storeErrorChildren: Children<StoreErrorKind, Counter.Internal>;
  private readonly ruleHits: BoundedChildren<Counter.Internal>;
  private readonly ruleFailures: BoundedChildren<Counter.Internal>;
  private readonly warnings: BoundedChildren<Counter.Internal>;
  private readonly labels: BoundedChildren<Counter.Internal>;
  private readonly outcomes: BoundedChildren<Counter.Internal>;
  private readonly reloads: BoundedChildren<Counter.Internal>;
  private readonly queues = new Map<string, () => number>();
  private readonly artifacts: Gauge<'artifact' | 'version'>;

  readonly idempotentReplays = this.counter(
    'tollgate_idempotent_replays_total',
    'Replies given again for a repeated idempotency key',
  );
  readonly rateLimited = this.counter(
    'tollgate_rate_limited_total',
    'Requests refused because their API key had spent its rate',
  );
  readonly journalBytes = this.counter(
    'tollgate_journal_bytes_total',
    'Bytes appended to the journal',
  );
  readonly journalGroupRecords = this.histogram('tollgate_journal_group_records', {
    help: 'Records written together in one group of the journal',
    buckets: groupBuckets,
  });
  readonly shadowJudged = this.counter(
    'tollgate_shadow_judged_total',
    'Decisions judged again by the shadows of the traffic plan',
  );
  readonly modelBatchRows = this.histogram('tollgate_model_batch_rows', {
    help: 'Rows scored together in one run of the model',
    buckets: groupBuckets,
  });

  constructor() {
    this.stageChildren = this.labelledHistogram();
    const decided = this.labelled('tollgate_decisions_total', 'Decisions by kind', 'decision');
    this.decisionChildren = children(decisions, (name) => decided.labels(name));
    const causes = this.labelled(
      'tollgate_degraded_causes_total',
      'Failures that made a decision be taken on less',
      'cause',
    );
    this.causeChildren = children(degradationCauses, (name) => causes.labels(name));
    const levels = this.labelled(
      'tollgate_degradation_levels_total',
      'Decisions by how much they were taken on; none is the full path',
      'level',
    );
    this.levelChildren = children(degradationLevels, (name) => levels.labels(name));
    const problems = this.labelled('tollgate_problems_total', 'Error replies by code', 'code');
    this.problemChildren = children(Object.keys(errorCatalogue) as ErrorCode[], (name) =>
      problems.labels(name),
    );
    const shed = this.labelled('tollgate_shed_total', 'Requests refused under load', 'cause');
    this.shedChildren = children(shedCauses, (name) => shed.labels(name));
    const shadowDrops = this.labelled(
      'tollgate_shadow_dropped_total',
      'Decisions that no shadow judged, by what left no room for it',
      'cause',
    );
    this.shadowDropChildren = children(shadowDropCauses, (name) => shadowDrops.labels(name));
    const storeErrors = this.labelled(
      'tollgate_feature_store_errors_total',
      'Calls of the feature store that failed',
      'kind',
    );
    this.storeErrorChildren = children(storeErrorKinds, (name) => storeErrors.labels(name));
    this.ruleHits = this.bounded('tollgate_rule_hits_total', 'Rule hits', 'rule', RULES_MAX);
    this.ruleFailures = this.bounded(
      'tollgate_rule_failures_total',
      'Rules that failed on a transaction and had no effect on it',
      'rule',
      RULES_MAX,
    );
    this.warnings = this.bounded(
      'tollgate_request_warnings_total',
      'Warnings in replies by the field they are about',
      'field',
      FIELDS_MAX,
    );
    this.labels = this.bounded('tollgate_labels_total', 'Labels received', 'label', NAMES_MAX);
    this.outcomes = this.bounded(
      'tollgate_outcomes_total',
      'Outcomes received',
      'outcome',
      NAMES_MAX,
    );
    this.reloads = this.bounded(
      'tollgate_reload_failures_total',
      'Changed files that were refused; the version before keeps serving',
      'artifact',
      NAMES_MAX,
    );
    this.artifacts = new Gauge({
      name: 'tollgate_artifact_info',
      help: 'The version of each artifact that serves now; the value is always 1',
      labelNames: ['artifact', 'version'],
      registers: [this.registry],
    });
    this.registerQueueDepth();
  }

  /** The metrics of Node itself: memory, garbage collection, handles. Once per process. */
  collectProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  stage(stage: Stage, durationMs: number): void {
    this.stageChildren[stage].observe(durationMs / MS_PER_SECOND);
  }

  decided(decision: Decision, level: DegradationLevel, durationMs: number): void {
    this.decisionChildren[decision].inc();
    this.levelChildren[level].inc();
    this.decisionDuration.observe(durationMs / MS_PER_SECOND);
  }

  degradedBy(cause: DegradationCause): void {
    this.causeChildren[cause].inc();
  }

  problem(code: ErrorCode): void {
    this.problemChildren[code].inc();
  }

  shed(cause: ShedCause): void {
    this.shedChildren[cause].inc();
  }

  shadowDropped(cause: ShadowDropCause): void {
    this.shadowDropChildren[cause].inc();
  }

  featureStoreError(kind: StoreErrorKind): void {
    this.storeErrorChildren[kind].inc();
  }

  ruleHit(ruleId: string): void {
    this.ruleHits.of(ruleId).inc();
  }

  ruleFailed(ruleId: string): void {
    this.ruleFailures.of(ruleId).inc();
  }

  warning(field: string): void {
    this.warnings.of(field).inc();
  }

  label(label: string): void {
    this.labels.of(label).inc();
  }

  outcome(outcome: string): void {
    this.outcomes.of(outcome).inc();
  }

  reloadFailed(artifact: string): void {
    this.reloads.of(artifact).inc();
  }

  /** Says which version of an artifact (ruleset, model, feature_set) serves from now on. */
  serving(artifact: string, version: string, previousVersion?: string): void {
    if (previousVersion !== undefined) {
      this.artifacts.remove({ artifact, version: previousVersion });
    }
    this.artifacts.set({ artifact, version }, 1);
  }

  /** Adds a queue whose depth is read at each scrape. */
  watchQueue(queue: string, depth: () => number): void {
    this.queues.set(queue, depth);
  }

  /** Exports what the feature store could not count, since the start, read at each scrape. */
  watchStoreLosses(losses: () => Readonly<Record<string, number>>): void {
    const gauge: Gauge<'kind'> = new Gauge({
      name: 'tollgate_feature_store_losses',
      help: 'Events and states that the feature store could not count, since the start',
      labelNames: ['kind'],
      registers: [this.registry],
      collect: () => {
        for (const [kind, count] of Object.entries(losses())) gauge.set({ kind }, count);
      },
    });
  }

  /** Exports the load of the event loop, read at each scrape. */
  watchLoop(current: () => LoopLoad): void {
    this.gaugeOf('tollgate_event_loop_delay_p99_seconds', {
      help: 'Delay of the event loop, 99th percentile of the last 100 ms',
      read: () => current().delayP99Ms / MS_PER_SECOND,
    });
    this.gaugeOf('tollgate_event_loop_utilisation', {
      help: 'Share of the last 100 ms in which the event loop was busy',
      read: () => current().utilisation,
    });
  }

  /** Exports the measured limit of requests in flight, read at each scrape. */
  watchConcurrency(inFlight: () => number, limit: () => number): void {
    this.gaugeOf('tollgate_requests_in_flight', { help: 'Decisions in flight', read: inFlight });
    this.gaugeOf('tollgate_concurrency_limit', {
      help: 'Decisions in flight above which load is shed, as measured',
      read: limit,
    });
  }

  private gaugeOf(name: string, options: { help: string; read: () => number }): void {
    const gauge: Gauge = new Gauge({
      name,
      help: options.help,
      registers: [this.registry],
      collect: () => gauge.set(options.read()),
    });
  }

  private registerQueueDepth(): void {
    const gauge: Gauge<'queue'> = new Gauge({
      name: 'tollgate_queue_depth',
      help: 'Entries waiting in a queue',
      labelNames: ['queue'],
      registers: [this.registry],
      collect: () => {
        for (const [queue, depth] of this.queues) {
          gauge.set({ queue }, depth());
        }
      },
    });
  }

  private counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  private labelled(name: string, help: string, label: string): Counter<string> {
    return new Counter({ name, help, labelNames: [label], registers: [this.registry] });
  }

  private bounded(
    name: string,
    help: string,
    label: string,
    countMax: number,
  ): BoundedChildren<Counter.Internal> {
    const counter = this.labelled(name, help, label);
    return new BoundedChildren((value) => counter.labels(value), countMax);
  }

  private histogram(name: string, options: { help: string; buckets: number[] }): Histogram {
    return new Histogram({ name, ...options, registers: [this.registry] });
  }

  private labelledHistogram(): Children<Stage, Histogram.Internal<string>> {
    const histogram = new Histogram({
      name: 'tollgate_stage_duration_seconds',
      help: 'Time of each stage of a decision',
      labelNames: ['stage'],
      buckets: stageBuckets,
      registers: [this.registry],
    });
    return children(stages, (name) => histogram.labels(name));
  }
}
