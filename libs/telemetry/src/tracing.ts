import { context, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { formatTraceparent, parseTraceparent, type TraceParent } from './trace-context.js';

const QUEUE_SPANS_MAX = 2048; // Beyond it spans are dropped; a slow collector must not take the heap.
const BATCH_SPANS_MAX = 512;
const EXPORT_TIMEOUT_MS = 5000;
const SERVER_ERROR = 500;

/** What a span may say. The list is closed for the same reason as that of log fields. */
export interface SpanFacts {
  readonly route?: string;
  readonly status?: number;
  readonly decision?: string;
  readonly degradedLevel?: string;
  readonly decisionId?: string;
  readonly apiKeyId?: string;
  readonly cause?: string;
}

export interface TracingOptions {
  /** OTLP/HTTP collector, without `/v1/traces`. */
  readonly endpoint: string;
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** Share of the traces that begin here. */
  readonly sampleRatio: number;
  /** Instead of the collector; tests keep spans in memory. */
  readonly exporter?: SpanExporter;
  /** In [0, 1); decides which traces that begin here are recorded. */
  readonly random?: () => number;
}

function attributesOf(facts: SpanFacts): Record<string, string | number> {
  return {
    ...(facts.route === undefined ? {} : { 'http.route': facts.route }),
    ...(facts.status === undefined ? {} : { 'http.response.status_code': facts.status }),
    ...(facts.decision === undefined ? {} : { 'tollgate.decision': facts.decision }),
    ...(facts.degradedLevel === undefined ? {} : { 'tollgate.degraded': facts.degradedLevel }),
    ...(facts.decisionId === undefined ? {} : { 'tollgate.decision_id': facts.decisionId }),
    ...(facts.apiKeyId === undefined ? {} : { 'tollgate.api_key_id': facts.apiKeyId }),
    ...(facts.cause === undefined ? {} : { 'tollgate.cause': facts.cause }),
  };
}

/**
 * Spans take epoch ms; everything here is measured on the monotonic clock of `performance.now()`.
 */
function epochMs(monotonicMs: number): number {
  return performance.timeOrigin + monotonicMs;
}

/**
 * The spans of one sampled request. Stages are reported after they ended, from times that are taken
 * anyway.
 */
export class RequestTrace {
  private readonly inside: Context;

  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
    parentContext: Context,
  ) {
    this.inside = trace.setSpan(parentContext, span);
  }

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  /** For the calls made on behalf of this request. */
  get traceparent(): string {
    const { traceId, spanId } = this.span.spanContext();
    return formatTraceparent({ traceId, spanId, sampled: true });
  }

  /** A finished stage; both times are monotonic ms. */
  stage(name: string, startedAtMs: number, endedAtMs: number, facts: SpanFacts = {}): void {
    this.tracer
      .startSpan(
        name,
        { startTime: epochMs(startedAtMs), attributes: attributesOf(facts) },
        this.inside,
      )
      .end(epochMs(endedAtMs));
  }

  end(endedAtMs: number, facts: SpanFacts): void {
    this.span.setAttributes(attributesOf(facts));
    if ((facts.status ?? 0) >= SERVER_ERROR) {
      this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end(epochMs(endedAtMs));
  }
}

/**
 * Traces without automatic instrumentation. Whether a request is sampled is decided before any
 * object is made: a caller that carries a trace is followed, a trace that begins here is sampled at
 * the ratio. Equal to the sampler ParentBased(TraceIdRatio), whose verdict for a new trace is as
 * random as its id, without the cost of an id.
 */
export class Tracing {
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;
  private readonly random: () => number;

  constructor(private readonly options: TracingOptions) {
    const exporter =
      options.exporter ??
      new OTLPTraceExporter({
        url: `${options.endpoint.replace(/\/+$/, '')}/v1/traces`,
        timeoutMillis: EXPORT_TIMEOUT_MS,
      });
    this.provider = new TracerProvider({
      sampler: new AlwaysOnSampler(),
      resource: resourceFromAttributes({
        'service.name': options.serviceName,
        'service.version': options.serviceVersion,
      }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter,
          maxQueueSize: QUEUE_SPANS_MAX,
          maxExportBatchSize: BATCH_SPANS_MAX,
          exportTimeoutMillis: EXPORT_TIMEOUT_MS,
        }),
      ],
    });
    this.tracer = this.provider.getTracer('tollgate');
    this.random = options.random ?? Math.random;
  }

  /** Null, and no work, for a request that is not sampled. `startedAtMs` is monotonic. */
  begin(
    name: string,
    traceparent: string | string[] | undefined,
    startedAtMs: number,
  ): RequestTrace | null {
    const parent = traceparent === undefined ? null : parseTraceparent(traceparent);
    const sampled = parent === null ? this.random() < this.options.sampleRatio : parent.sampled;
    return sampled ? this.record(name, parent, startedAtMs) : null;
  }

  /** Sends what is waiting. */
  async close(): Promise<void> {
    await this.provider.shutdown();
  }

  private record(name: string, parent: TraceParent | null, startedAtMs: number): RequestTrace {
    const outside =
      parent === null
        ? context.active()
        : trace.setSpanContext(context.active(), {
            traceId: parent.traceId,
            spanId: parent.spanId,
            traceFlags: TraceFlags.SAMPLED,
            isRemote: true,
          });
    const span = this.tracer.startSpan(
      name,
      { kind: SpanKind.SERVER, startTime: epochMs(startedAtMs) },
      outside,
    );
    return new RequestTrace(this.tracer, span, outside);
  }
}
