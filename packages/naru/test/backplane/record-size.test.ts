import { expect, it } from 'vitest';
import { encodeBatch } from '../../../broker/src/log/batch.js';
import type { LogRecord } from '../../src/backplane/backplane.js';
import { BATCH_RECORDS_MAX, BATCH_SIZE_MAX, costOf, sizeOfNames } from '../../src/backplane/record-size.js';

const record: LogRecord = { rooms: [], except: [], event: '["n"]', attachments: [], at: 0 };

it.each([
  ['events of three bytes for each character', 0],
  ['names of six bytes for each character', 330],
])('keeps a full batch below a megabyte: %s', (_name, nameLength) => {
  const each = BATCH_SIZE_MAX / BATCH_RECORDS_MAX;
  const records = Array.from({ length: BATCH_RECORDS_MAX }, (_, n): LogRecord => {
    const names = { ...record, rooms: [`${n}${'\u0001'.repeat(nameLength)}`] };
    return { ...names, event: '\uffff'.repeat(each - sizeOfNames(names)) };
  });
  const size = records.reduce((sum, { event, ...names }) => sum + event.length + sizeOfNames(names), 0);
  expect(size).toBe(BATCH_SIZE_MAX);
  expect(encodeBatch({ writer: 'abcdefgh', number: 1 }, records).length).toBeLessThan(1024 ** 2);
});

it('counts rooms, exceptions, key and person as names, also rooms that are numbers', () => {
  const rooms = [12] as unknown as string[];
  expect(sizeOfNames({ rooms, except: ['ab'], key: 'k', by: 'me' })).toBe(3 * (3 + 3 + 1 + 2));
  expect(sizeOfNames(record)).toBe(0);
});

it('counts the texts and bytes of a record, and its rooms after the first, as memory', () => {
  const more = { ...record, rooms: ['a', 'b'], except: ['c'], attachments: [new Uint8Array(7)], by: 'me' };
  expect(costOf(more) - costOf(record)).toBe(2 * 16 + 7 + 2);
});
