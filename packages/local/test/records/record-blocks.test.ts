import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { decodeOffset, encodeOffset, type StoredRecord, ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { isGapRecord } from '../../../naru/src/backplane/own-records.js';
import { openDatabase } from '../../src/database.js';
import { local } from '../../src/local-backplane.js';
import { BLOCK_RECORDS, blockOf, RecordBlocks } from '../../src/records/record-blocks.js';

const LARGEST = 256 * 1024;

const recordAt = (sequence: number): StoredRecord => ({
  rooms: [],
  except: [],
  event: `["n",${sequence}]`,
  attachments: [],
  at: 0,
  offset: encodeOffset(sequence),
});

it('keeps blocks of each namespace, and drops the least recently used', () => {
  const blocks = new RecordBlocks();
  for (let number = 0; number < 8; number += 1) blocks.set('/', number, [recordAt(number)], LARGEST);
  expect(blocks.get('/', 0)?.records).toEqual([recordAt(0)]);
  blocks.set('/other', 0, [], LARGEST);
  expect([blocks.get('/', 0), blocks.get('/', 1), blocks.get('/other', 0)].map((block) => block?.bytes)).toEqual([
    LARGEST,
    undefined,
    LARGEST,
  ]);
  expect(blocks.bytes).toBe(8 * LARGEST);
});

it('remembers that a block is too large, for a limited number of blocks', () => {
  const blocks = new RecordBlocks();
  blocks.set('/', 0, [recordAt(1)], LARGEST + 1);
  expect(blocks.get('/', 0)).toEqual({ records: undefined, bytes: 0 });
  for (let number = 1; number <= 2_048; number += 1) blocks.set('/', number, [], 1);
  expect([blocks.get('/', 0), blocks.get('/', 1), blocks.bytes]).toEqual([undefined, { records: [], bytes: 1 }, 2_048]);
});

it('begins a block after the end of the previous one', () => {
  expect([1, BLOCK_RECORDS, BLOCK_RECORDS + 1, 2 * BLOCK_RECORDS].map(blockOf)).toEqual([0, 0, 1, 1]);
});

it('reads the same through blocks as from the disk, from anywhere to anywhere, trimmed, damaged and appended to', async () => {
  const folder = mkdtempSync(`${tmpdir()}/naru-blocks-`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { log, close } = local(folder, { bytes: 40_000 });
  const database = openDatabase(folder, false);
  // After a hole: the first record is the one after its end.
  let base = 0;
  const numberOf = (offset: string | undefined): number => (decodeOffset(offset) ?? 0) - base;
  const read = (after: number, limit: number): (number | undefined)[] =>
    log
      .read('/', after === 0 ? ZERO_OFFSET : encodeOffset(base + after), limit)
      .records.map((record) => (isGapRecord(record) ? -numberOf(record.offset) : JSON.parse(record.event)[1]));
  const append = (from: number, to: number): void => {
    for (let n = from; n <= to; n += 1)
      log.append('/', [{ rooms: [], except: [], event: `["n",${n}]`, attachments: [], at: Date.now() }]);
  };
  append(1, 400);
  base = numberOf(log.extent('/').oldest) - 1;
  database.log.putSync(['/', base + 150], Buffer.from('damaged'));
  for (const [newest, oldest] of [
    [400, 1],
    [1_400, undefined],
  ] as const) {
    if (newest > 400) append(401, newest);
    const from = oldest ?? numberOf(log.extent('/').oldest);
    const there = Array.from({ length: newest - from + 1 }, (_, at) => from + at);
    // Twice: once from the disk, once from the cache.
    for (const after of [from - 1, from + 10, from + 64, 140, 149, 150, newest - 70, newest - 1, newest].flatMap(
      (n) => [n, n],
    ))
      for (const limit of [1, 15, 64, 65, 256, 5_000])
        expect(read(after, limit)).toEqual(
          there.filter((n) => n > after && n <= Math.max(after, from - 1) + limit).map((n) => (n === 150 ? -150 : n)),
        );
    expect(log.readBack('/', encodeOffset(base + newest - 3), 130).records).toHaveLength(130);
  }
  expect(numberOf(log.extent('/').oldest)).toBeGreaterThan(1);
  await database.close();
  await close();
});
