import type { ExperimentsConfig } from '#config/experiments-config.js';
import { JOURNAL_SOURCE, JournalTransport } from '#journal/journal-transport.js';
import { brokerErrorOf } from '#journal/kafka/kafka-client.js';
import { KafkaTransport } from '#journal/kafka/kafka-transport.js';
import type { DecisionLog } from '#store/postgres/decision-log.js';
import type { LogMetrics } from '#telemetry/log-metrics.js';
import type { Log } from '#telemetry/logger.js';

/** Brings the log here: from Kafka where there is one, else from the journal of this machine. */
export function logTransport(
  { kafka, journalFolder }: ExperimentsConfig,
  parts: { readonly decisionLog: DecisionLog; readonly logMetrics: LogMetrics; readonly log: Log },
): JournalTransport | KafkaTransport {
  const { decisionLog, logMetrics, log } = parts;
  const unreadable = (detail: string): void => {
    logMetrics.damaged();
    log.error('A part of the log cannot be read', { detail });
  };
  const onRetry = (error: unknown, waitMs: number): void => {
    logMetrics.retried();
    const cause = brokerErrorOf(error);
    log.warn('The log could not be stored; trying again', { error, cause, durationMs: waitMs });
  };
  if (kafka !== null) {
    return new KafkaTransport({
      config: kafka,
      group: kafka.group,
      position: (source) => decisionLog.position(source),
      onProblem: unreadable,
      onRetry,
    });
  }
  return new JournalTransport({
    folder: journalFolder,
    position: () => decisionLog.position(JOURNAL_SOURCE),
    onProblem: ({ message }) => unreadable(message),
    onRetry,
    onOtherJournal: () =>
      log.warn('The journal is not the one known here; it is read from its beginning'),
  });
}
