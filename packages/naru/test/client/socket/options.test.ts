import { describe, expect, test } from 'vitest';
import { readOptions } from '../../../src/base/options/table.js';
import { Manager } from '../../../src/client/index.js';
import { managerTable, socketTable } from '../../../src/client/socket/options.js';
import { walkOptions } from '../../base/options/walk.js';

test('a Manager has the defaults of its options table', () => {
  const { opts } = new Manager('http://localhost:1', { autoConnect: false });
  const names = [
    'reconnection',
    'reconnectionAttempts',
    'reconnectionDelay',
    'reconnectionDelayMax',
    'randomizationFactor',
    'timeout',
  ] as const;
  const defaults = readOptions(managerTable);
  for (const name of names) expect(opts[name], name).toBe(defaults[name]);
});

test.each([
  [{ auth: () => undefined, queue: class {}, bufferAgeMax: Number.POSITIVE_INFINITY }],
  [{ auth: { token: 'a' }, retries: 0, bufferBytesMax: 0, ackTimeout: 0 }],
])('a socket accepts %j', (options) => {
  expect(readOptions(socketTable, options)).toMatchObject(options);
});

describe('the options of a Manager', () => walkOptions(managerTable, (given) => readOptions(managerTable, given)));

describe('the options of a Socket', () => walkOptions(socketTable, (given) => readOptions(socketTable, given)));
