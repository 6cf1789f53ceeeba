import { expect, test } from 'vitest';
import { readOptions } from '../../../src/base/options/table.js';
import { clientEngineTable, type EngineOptions } from '../../../src/client/engine/options.js';
import { nodePlatform } from '../../../src/client/node/platform.js';

test("completes the limit with the default of Node's table", () => {
  const options: EngineOptions = {};
  nodePlatform.prepare?.(options);
  expect(options.payloadBytesMax).toBe(readOptions(clientEngineTable).payloadBytesMax);
});

test.each([
  [{ protocols: ['a', 5] }, 'Option "protocols" must be a string or a list of strings, got an array.'],
  [{ port: true }, 'Option "port" must be a number or a string, got true.'],
  [{ agent: 5 }, 'Option "agent" must be an agent of node:http or false, got 5.'],
  [
    { clock: { now: () => 0 } },
    'Option "clock" must be an object with now, setTimeout and clearTimeout, got an object.',
  ],
])('refuses %j', (options, message) => {
  expect(() => readOptions(clientEngineTable, options)).toThrow(message);
});

test('accepts options that node:tls checks, and every form of the others', () => {
  const options = {
    pfx: [5],
    protocols: ['a'],
    port: '80',
    agent: false,
    transports: ['polling'],
  };
  expect(readOptions(clientEngineTable, options)).toMatchObject(options);
});
