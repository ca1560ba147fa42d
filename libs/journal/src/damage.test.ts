import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Journal } from './journal.js';
import { readJournal, type JournalProblem } from './read-journal.js';
import { listSegments } from './segment-folder.js';

const NOW_MS = 1_700_000_000_000;
const SEGMENT_BYTES = 4_096;

interface Delivered {
  readonly sequence: number;
  readonly text: string;
  readonly endOffset: number;
  readonly segment: number;
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-journal-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const openJournal = (folder: string, warnings: string[] = []): Promise<Journal> =>
  Journal.open({
    folder,
    mode: 'write',
    nowMs: () => NOW_MS,
    segmentBytesMax: SEGMENT_BYTES,
    onWarning: (message) => warnings.push(message),
  });

async function write(folder: string, payloads: readonly string[]): Promise<void> {
  const journal = await openJournal(folder);
  for (const payload of payloads) await journal.append('decision', payload);
  await journal.close();
}

async function read(folder: string): Promise<{ records: Delivered[]; problems: JournalProblem[] }> {
  const records: Delivered[] = [];
  const problems: JournalProblem[] = [];
  for await (const record of readJournal(folder, { onProblem: (p) => problems.push(p) })) {
    const { sequence, segment, offset } = record.position;
    const endOffset = offset + 24 + record.payload.length;
    records.push({ sequence, segment, endOffset, text: record.payload.toString() });
  }
  return { records, problems };
}

const payloadsArbitrary = fc.array(fc.string({ unit: 'grapheme', maxLength: 600 }), {
  minLength: 1,
  maxLength: 30,
});

describe('a torn write', () => {
  test('costs only the record it tore, whatever was left behind it', async () => {
    await fc.assert(
      fc.asyncProperty(
        payloadsArbitrary,
        fc.nat(),
        fc.uint8Array({ maxLength: 200 }),
        async (payloads, cutSeed, garbage) => {
          await withFolder(async (folder) => {
            await write(folder, payloads);
            const before = (await read(folder)).records;
            const last = (await listSegments(folder)).at(-1);
            if (last === undefined) throw new Error('nothing was written');
            const cut = cutSeed % (last.bytes + 1);
            await truncate(last.path, cut);
            await appendFile(last.path, garbage);

            const kept = before.filter(
              (r) => r.segment !== last.firstSequence || r.endOffset <= cut,
            );
            expect((await read(folder)).records).toEqual(kept);
            await write(folder, ['after the crash']);
            const after = await read(folder);
            expect(after.problems.filter((p) => p.kind !== 'damaged_header')).toEqual([]);
            expect(after.records.map((r) => r.text)).toEqual([
              ...kept.map((r) => r.text),
              'after the crash',
            ]);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is warned about, and the bytes that were cut off are kept', async () => {
    await withFolder(async (folder) => {
      await write(folder, ['one', 'two']);
      const [segment] = await listSegments(folder);
      if (segment === undefined) throw new Error('nothing was written');
      const torn = (await readFile(segment.path)).subarray(segment.bytes - 10);
      await truncate(segment.path, segment.bytes - 3);

      const warnings: string[] = [];
      const journal = await openJournal(folder, warnings);
      expect(journal.tornBytes).toBe(24);
      await journal.close();
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('cut 24 bytes behind record 1');
      const [aside] = (await readdir(folder)).filter((name) => name.endsWith('.torn'));
      expect(await readFile(join(folder, aside ?? 'none'))).toHaveLength(24);
      expect(torn).toHaveLength(10);
    });
  });

  test('that happens again and again does not fill the disk with what was cut off', async () => {
    await withFolder(async (folder) => {
      for (let crash = 0; crash < 20; crash += 1) {
        await write(folder, ['kept']);
        const last = (await listSegments(folder)).at(-1);
        await appendFile(last?.path ?? '', 'torn');
      }
      await write(folder, ['last']);
      const aside = (await readdir(folder)).filter((name) => name.endsWith('.torn'));
      expect(aside).toHaveLength(16);
      expect(aside.sort()[0]).toMatch(/^000000000000005\./);
    });
  });

  test('numbers of whole records behind the damage are not given out again', async () => {
    await withFolder(async (folder) => {
      await write(folder, ['one', 'two', 'three']);
      const [segment] = await listSegments(folder);
      if (segment === undefined) throw new Error('nothing was written');
      await flipBit(segment.path, (32 + 24 + 3 + 26) * 8);
      const warnings: string[] = [];
      const journal = await openJournal(folder, warnings);
      expect((await journal.append('decision', 'next')).sequence).toBe(4);
      await journal.close();
      expect(warnings[0]).toContain('whole records stood behind the damage');
    });
  });
});

async function flipBit(path: string, bit: number): Promise<void> {
  const bytes = await readFile(path);
  const index = Math.floor(bit / 8) % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (bit % 8));
  await writeFile(path, bytes);
}

test('a segment whose start was cut short is passed by and cleared away', async () => {
  await withFolder(async (folder) => {
    await write(folder, ['one']);
    await writeFile(join(folder, '000000000000009.journal'), 'TGJ1');
    expect(await read(folder)).toMatchObject({ records: [{ text: 'one' }], problems: [] });
    await write(folder, ['two']);
    expect((await readdir(folder)).sort()).toEqual([
      '000000000000001.journal',
      '000000000000002.journal',
    ]);
  });
});

describe('a flipped bit', () => {
  test('never changes a record, and what it costs is reported', async () => {
    await fc.assert(
      fc.asyncProperty(payloadsArbitrary, fc.nat(), fc.nat(), async (payloads, which, bit) => {
        await withFolder(async (folder) => {
          await write(folder, payloads);
          const before = (await read(folder)).records;
          const segments = await listSegments(folder);
          const damaged = segments[which % segments.length];
          if (damaged === undefined) throw new Error('nothing was written');
          await flipBit(damaged.path, bit % (damaged.bytes * 8));

          const { records, problems } = await read(folder);
          const known = new Map(before.map((record) => [record.sequence, record]));
          for (const record of records) expect(record).toEqual(known.get(record.sequence));
          const damageAt = Math.floor((bit % (damaged.bytes * 8)) / 8);
          const lost = before.filter(
            (r) => r.segment === damaged.firstSequence && r.endOffset > damageAt && damageAt >= 32,
          );
          expect(records).toEqual(before.filter((record) => !lost.includes(record)));
          expect(lost.length > 0 && problems.length === 0).toBe(false);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('in the middle is reported with the records it cost', async () => {
    await withFolder(async (folder) => {
      await write(
        folder,
        Array.from({ length: 8 }, (_, i) => `${i}`.padEnd(1_000, '.')),
      );
      await flipBit(join(folder, '000000000000001.journal'), (32 + 1_024 + 100) * 8);
      const { records, problems } = await read(folder);
      expect(records.map((record) => record.sequence)).toEqual([1, 4, 5, 6, 7, 8]);
      expect(problems).toEqual([
        {
          kind: 'corrupt_record',
          segment: 1,
          offset: 32 + 1_024,
          message: 'the checksum of record 2 does not match: records 2 to 3 are lost',
        },
      ]);
    });
  });
});

test('a missing segment in the middle is reported', async () => {
  await withFolder(async (folder) => {
    await write(
      folder,
      Array.from({ length: 9 }, (_, i) => `${i}`.padEnd(1_000, '.')),
    );
    await rm(join(folder, '000000000000004.journal'));
    const { records, problems } = await read(folder);
    expect(records.map((record) => record.sequence)).toEqual([1, 2, 3, 7, 8, 9]);
    expect(problems).toMatchObject([
      { kind: 'missing_records', message: 'the segment ends early: records 4 to 6 are lost' },
    ]);
  });
});

test('reading from a number that retention has deleted says what is no longer there', async () => {
  await withFolder(async (folder) => {
    await write(
      folder,
      Array.from({ length: 6 }, (_, i) => `${i}`.padEnd(1_000, '.')),
    );
    await rm(join(folder, '000000000000001.journal'));
    const problems: JournalProblem[] = [];
    const options = { fromSequence: 3, onProblem: (p: JournalProblem) => void problems.push(p) };
    const sequences: number[] = [];
    for await (const record of readJournal(folder, options))
      sequences.push(record.position.sequence);
    expect(sequences).toEqual([4, 5, 6]);
    expect(problems).toMatchObject([{ message: 'record 3 is no longer there' }]);
  });
});
