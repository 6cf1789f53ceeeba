import { describe, expect, it } from 'vitest';
import { readOptions } from '../../naru/src/base/options/table.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { checkRange, datagramTable, streamTable, waitTable } from '../src/options.js';

it('gives options their documented defaults, and freezes them', () => {
  expect(readOptions(streamTable)).toEqual({
    recvBytesMax: 65_536,
    sendBytesMax: 16_777_216,
    noDelay: true,
    keepAliveMs: 0,
    tls: {},
  });
  expect(readOptions(datagramTable)).toEqual({
    recvBytesMax: 1_048_576,
    sendBytesMax: 1_048_576,
    datagramBytesMax: 65_507,
  });
  expect(Object.isFrozen(readOptions(streamTable)) && Object.isFrozen(readOptions(datagramTable))).toBe(true);
  expect(readOptions(streamTable, { keepAliveMs: 1000, noDelay: false })).toMatchObject({
    keepAliveMs: 1000,
    noDelay: false,
  });
});

it('names an option out of range, with its value and the range', () => {
  expect(() => checkRange('backlog', 0, 1, 9)).toThrow(
    'Option "backlog" must be a positive whole number, at most 9, got 0.',
  );
  expect(() => checkRange('backlog', '5', 1)).toThrow('Option "backlog" must be a positive whole number, got "5".');
  expect(() => readOptions(streamTable, { keepAliveMs: 10 })).toThrow(
    'Option "keepAliveMs" must be 0, or a whole number of milliseconds from 1000 to 32767000, got 10.',
  );
});

describe('the options of stream sockets', () => walkOptions(streamTable, (given) => readOptions(streamTable, given)));

describe('the options of datagram sockets', () =>
  walkOptions(datagramTable, (given) => readOptions(datagramTable, given)));

describe('the options of one verb', () => walkOptions(waitTable, (given) => readOptions(waitTable, given)));
