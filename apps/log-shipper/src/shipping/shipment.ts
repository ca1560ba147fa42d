import type { LogProducer } from '#journal/kafka/log-producer.js';
import type { ShippedRecord, StoredPosition } from '#journal/shipped-record.js';
import type { ShipMetrics } from '#telemetry/ship-metrics.js';
import type { ShippedPosition } from './shipped-position.js';

export interface ShipmentParts {
  readonly producer: LogProducer;
  readonly position: ShippedPosition;
  readonly metrics: ShipMetrics;
}

/** The way of the journal's records to Kafka. */
export class Shipment {
  private topicId = '';
  private isHeldUp = false;

  constructor(private readonly parts: ShipmentParts) {}

  /** Where to begin: behind what the topic has already. */
  async begin(): Promise<StoredPosition | null> {
    const { id } = await this.parts.producer.topic();
    this.isHeldUp = false;
    this.topicId = id;
    return this.parts.position.read(id);
  }

  /** @param records  At least one, in the order of the journal. */
  async ship(records: readonly ShippedRecord[]): Promise<void> {
    const { producer, position, metrics } = this.parts;
    metrics.shipping(records[0]!.timeMs);
    await producer.send(records);
    this.isHeldUp = false;
    position.advance(this.topicId, records.at(-1)!);
    metrics.shippedAll(records);
  }

  /** An attempt failed. */
  heldUp(): void {
    this.isHeldUp = true;
    this.parts.metrics.retried();
  }

  /** Throws while the last attempt failed. */
  probe(): void {
    if (this.isHeldUp) throw new Error('Kafka did not take the last batch');
  }

  /** Gives up what is being sent: the next start sends it. */
  giveUp(): void {
    void this.parts.producer.close();
  }
}
