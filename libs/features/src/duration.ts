const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^([1-9]\d{0,5})([smhd])$/;

/** Reads `10m`, `24h` or `30d` as milliseconds; null when the text is no duration. */
export function parseDurationMs(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null) return null;
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}

/** Writes milliseconds as the shortest duration in whole units, for messages. */
export function formatDuration(durationMs: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (durationMs % unitMs[unit] === 0) return `${durationMs / unitMs[unit]}${unit}`;
  }
  return `${durationMs} ms`;
}
