import { describe, expect, test, vi } from 'vitest';
import { checkEngineOptions } from '../../../src/client/engine/check-options.js';
import { clientEngineTable } from '../../../src/client/engine/options.js';
import { EngineSocket, io, Manager } from '../../../src/client/index.js';
import { walkOptions } from '../../base/options/walk.js';

test('an option of the wrong type is refused by an EngineSocket before it opens', () => {
  expect(() => new EngineSocket('ws://localhost:1', { transports: 'websocket' as never })).toThrow('"transports"');
  expect(() => new EngineSocket({ hostname: 5 as never })).toThrow('Option "hostname" must be a string, got 5.');
});

test('accepts no options, and an empty list of transports', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  checkEngineOptions(undefined);
  checkEngineOptions({ transports: [] });
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

// As in Socket.IO, null means a missing value.
const withoutNull = (given: object): object =>
  Object.fromEntries(Object.entries(given).map(([name, item]) => [name, item === null ? Symbol('no null') : item]));

describe('the options of an EngineSocket', () =>
  walkOptions(clientEngineTable, (given) => checkEngineOptions(withoutNull(given))));

describe('an address', () => {
  test.each([
    ['http:/localhost:3000', 'needs two slashes after "http:"'],
    ['https:example.com', 'needs two slashes after "https:"'],
    ['ftp://localhost:3000', 'begins with "ftp:": use one of http, https, ws, wss, tcp'],
  ])('such as %s is refused', (address, message) => {
    for (const open of [() => io(address), () => new Manager(address), () => new EngineSocket(address)])
      expect(open).toThrow(
        expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringContaining(message) }),
      );
  });

  test.each(['localhost:3000', 'HTTP://localhost:3000', '//localhost', 'unix:/run/x.sock', 'http:3000'])(
    'such as %s is accepted',
    (address) => {
      expect(() => new Manager(address, { autoConnect: false })).not.toThrow();
    },
  );
});

test('refuses an unknown transport when it is given, with the list', () => {
  const options = { transports: ['websockets'], autoConnect: false };
  const message = expect.stringMatching(/"transports".*"websockets".*polling, sse, websocket/);
  expect(() => io('http://localhost', options)).toThrow(expect.objectContaining({ code: 'BAD_OPTION', message }));
});
