import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far a source of the log has been stored; written together with what it speaks of. */
@Entity('log_positions')
export class LogPosition {
  /** `journal`, or `kafka:<topic>:<partition>:<id of the topic>`. */
  @PrimaryColumn('text')
  source!: string;

  /** Of the last record stored; in Kafka the offset. The driver gives 64-bit numbers as text. */
  @Column('bigint')
  sequence!: string;

  /** When that record was appended, epoch ms: tells a new journal from the one known. */
  @Column('bigint', { name: 'time_ms' })
  timeMs!: string;

  @Column('timestamptz', { name: 'stored_at' })
  storedAt!: Date;
}
