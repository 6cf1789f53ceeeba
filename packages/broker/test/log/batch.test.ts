import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import type { LogRecord } from '../../../naru/src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../naru/src/backplane/own-records.js';
import { encodeBatch } from '../../src/log/batch.js';
import { decodeBatch, decodeBatchHead } from '../../src/log/batch-decoder.js';
import { AT, anyRecords, full, HEAD, plain } from './batch-records.js';

const told: LogRecord = { ...plain, rooms: [TOLD_ROOM], except: [TOLD_ROOM] };

describe('a batch', () => {
  it('has these bytes', () => {
    const bytes = encodeBatch({ writer: 'abcdefgh', number: 258 }, [{ ...plain, rooms: ['r'], at: 3 }]);
    const head = '0100000000016162636465666768000000000102000000000003';
    const rest = `000a05${Buffer.from('[["r"],[]]["x"]').toString('hex')}`;
    expect(bytes.toString('hex').replace(/^(.{52}).{8}/, '$1')).toBe(head + rest);
  });

  it.each([
    ['without records', []],
    ['of a record with nothing but an event', [plain]],
    ['of a record with all it can have', [full]],
    ['of records in the same rooms and in others', [full, { ...full, at: AT }, plain, plain, full, told, told, plain]],
    [
      'with times that are no whole numbers',
      [
        { ...plain, at: 0.25 },
        { ...plain, at: -7 },
        { ...plain, at: 2 ** 52 },
      ],
    ],
    ['of messages between nodes', [told, { ...told, except: [TOLD_ROOM, 'x'] }, { ...told, except: [] }, told]],
  ] as [string, LogRecord[]][])('is read as it was written, %s', (_name, records) => {
    const bytes = encodeBatch(HEAD, records);
    const decoded = decodeBatch(bytes);
    expect(decoded?.records).toEqual(records);
    expect(decoded).toMatchObject({ ...HEAD, count: records.length });
    expect(decodeBatch(new Uint8Array(bytes))?.records).toEqual(records);
    const { records: _, ...head } = decoded ?? {};
    expect(decodeBatchHead(bytes)).toEqual(head);
  });

  it('is read as it was written, whatever its records are', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        expect(decodeBatch(encodeBatch(HEAD, records))?.records).toEqual(records);
      }),
    );
  });

  it('spends 12 bytes on a record in the rooms of the one before', () => {
    const burst = (count: number): number =>
      encodeBatch(HEAD, Array<LogRecord>(count).fill({ ...plain, rooms: ['lobby'], event: 'x'.repeat(64) })).length;
    expect(burst(101) - burst(1)).toBeLessThanOrEqual(100 * (64 + 12));
  });

  it('keeps attachments when its bytes are used again', () => {
    const bytes = encodeBatch(HEAD, [full]);
    const decoded = decodeBatch(bytes);
    bytes.fill(0);
    expect(decoded?.records).toEqual([full]);
  });
});
