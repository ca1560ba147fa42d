import { BaseRpcContext, type Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { JournalRecordType } from './record.js';

/** Handlers of this pattern get every record, in batches, in the order of their sources. */
export const LOG_RECORDS = 'log.records';

export const BATCH_RECORDS_MAX = 500;
/**
 * Little and often: storing what came in 100 ms keeps a core for 10 ms, and the slowest hundredth
 * of all decisions waits for that core; every 20 ms, the batches themselves cost as much again as
 * what is in them. A batch that is late fills up by itself.
 */
export const LINGER_MS = 50;

/** One record as it is handed to the consumers. */
export interface ShippedRecord {
  /** What it was read from: `journal`, or a partition of a topic. */
  readonly source: string;
  /** Its place there, ascending. */
  readonly sequence: number;
  /** When it was appended to its journal, epoch ms. */
  readonly timeMs: number;
  /** `unknown`: the source does not say, or says what this version does not know. */
  readonly type: JournalRecordType | 'unknown';
  readonly text: string;
}

/** Where a consumer stands in a source: the last record it has stored. */
export interface StoredPosition {
  readonly sequence: number;
  readonly timeMs: number;
}

/** Hands a batch to the handlers of a transport; rejects when one of them does. */
export async function handRecords(
  transport: Server,
  batch: readonly ShippedRecord[],
): Promise<void> {
  const handler = transport.getHandlerByPattern(LOG_RECORDS);
  if (handler === null) throw new Error(`no handler of ${LOG_RECORDS}`);
  const answer = transport.transformToObservable(await handler(batch, new BaseRpcContext([])));
  await lastValueFrom(answer, { defaultValue: undefined });
}
