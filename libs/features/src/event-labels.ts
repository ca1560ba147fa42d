import { FLAG_FRAUD, FLAG_LEGIT } from './event-record.js';

/** What one source said of an event. */
export interface EventLabel {
  /** Of the label: the same one again changes nothing. 32 bits. */
  readonly id: number;
  /** Of its source; a source has one strength of its own. 8 bits. */
  readonly strength: number;
  /** `unknown` takes back what the source said before. */
  readonly label: 'fraud' | 'legit' | 'unknown';
  /** When the source said it, epoch ms. */
  readonly saidAtMs: number;
}

/** Labels of one event; what its sources have taken back is forgotten first. */
export const EVENT_LABELS_MAX = 16;
export const LABEL_FLAGS = FLAG_FRAUD | FLAG_LEGIT;

/*
 * A label, big-endian: strength (8 bits), label (8), when it was said (48), id (32).
 */
const LABEL_BYTES = 12;
const labelCodes = ['unknown', 'legit', 'fraud'] as const;

/**
 * The labels of an event with one more, in the order in which they came. In whatever order and how
 * often labels come, what is in force in the end is the same, but for labels said at the same time.
 */
export function withLabel(labels: readonly EventLabel[], added: EventLabel): readonly EventLabel[] {
  if (labels.some(({ id }) => id === added.id)) return labels;
  const all = [...labels, added];
  if (all.length <= EVENT_LABELS_MAX) return all;
  const words = lastWords(all);
  // There are fewer sources than labels, so one of them was superseded.
  const forgotten = all.findIndex((label) => words.get(label.strength) !== label);
  return all.toSpliced(forgotten, 1);
}

/**
 * The label in force, as flags: of each source its last word, and of these the strongest source's
 * that has not taken it back. The view `labels_as_of` in Postgres says the same.
 */
export function flagsInForce(labels: readonly EventLabel[]): number {
  let strongest: EventLabel | null = null;
  for (const word of lastWords(labels).values()) {
    if (word.label === 'unknown') continue;
    if (strongest === null || word.strength > strongest.strength) strongest = word;
  }
  if (strongest === null) return 0;
  return strongest.label === 'fraud' ? FLAG_FRAUD : FLAG_LEGIT;
}

export function encodeLabels(labels: readonly EventLabel[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * LABEL_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { id, strength, label, saidAtMs }] of labels.entries()) {
    const at = index * LABEL_BYTES;
    view.setUint8(at, strength);
    view.setUint8(at + 1, labelCodes.indexOf(label));
    view.setUint16(at + 2, Math.floor(saidAtMs / 2 ** 32));
    view.setUint32(at + 4, saidAtMs % 2 ** 32);
    view.setUint32(at + 8, id);
  }
  return bytes;
}

export function decodeLabels(bytes: Uint8Array): readonly EventLabel[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const labels: EventLabel[] = [];
  for (let at = 0; at + LABEL_BYTES <= bytes.length; at += LABEL_BYTES) {
    labels.push({
      strength: view.getUint8(at),
      label: labelCodes[view.getUint8(at + 1)] ?? 'unknown',
      saidAtMs: view.getUint16(at + 2) * 2 ** 32 + view.getUint32(at + 4),
      id: view.getUint32(at + 8),
    });
  }
  return labels;
}

/** By strength, what each source said last; of two at the same time, what came later. */
function lastWords(labels: readonly EventLabel[]): ReadonlyMap<number, EventLabel> {
  const words = new Map<number, EventLabel>();
  for (const label of labels) {
    const word = words.get(label.strength);
    if (word === undefined || label.saidAtMs >= word.saidAtMs) words.set(label.strength, label);
  }
  return words;
}
