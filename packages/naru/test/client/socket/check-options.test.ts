import { afterEach, describe, expect, test, vi } from 'vitest';
import { readOptions } from '../../../src/base/options/table.js';
import { io, Manager } from '../../../src/client/index.js';
import { offlineBuffer } from '../../../src/client/queue/index.js';
import { checkClientOptions, clientTable, oldNamesTable } from '../../../src/client/socket/check-options.js';
import { RetryQueue } from '../../../src/client/socket/retry-queue.js';
import { walkOptions } from '../../base/options/walk.js';

const offline = { autoConnect: false, forceNew: true };
const connect = (options: object) => io('http://localhost:1', { ...offline, ...options });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('an option of the wrong type', () => {
  test.each<[object, string]>([
    [
      { timeout: '20s' },
      'Option "timeout" must be false, or a number of milliseconds from 0 to 2147483647, got "20s".',
    ],
    [{ timeout: Number.POSITIVE_INFINITY }, 'got Infinity'],
    [{ transports: 'websocket' }, 'Option "transports" must be a list of names and classes'],
    [{ transports: [5] }, 'got an array'],
    [{ auth: 'token' }, 'Option "auth" must be an object, or a function that passes one to its callback, got "token".'],
    [{ queue: {} }, 'Option "queue" must be a class, such as offlineQueue() returns, got an object.'],
    [
      {
        queue: new RetryQueue(
          1,
          () => true,
          () => undefined,
        ),
      },
      'got an object',
    ],
    [{ reconnection: 'yes' }, 'Option "reconnection" must be true or false, got "yes".'],
    [{ reconnectionDelay: '1000' }, 'Option "reconnectionDelay"'],
    [{ randomizationFactor: 2 }, 'Option "randomizationFactor" must be a number from 0 to 1, got 2.'],
    [{ retries: 1.5 }, 'Option "retries"'],
    [{ extraHeaders: ['a'] }, 'Option "extraHeaders" must be an object, got an array.'],
    [{ parser: {} }, 'Option "parser" must be an object with the classes Encoder and Decoder'],
    [{ query: 5 }, 'Option "query" must be an object or a string, got 5.'],
    [{ path: true }, 'Option "path" must be a string, got true.'],
  ])('%j is refused', (options, message) => {
    for (const use of [connect, (given: object) => new Manager('http://localhost:1', { ...offline, ...given })]) {
      expect(() => use(options)).toThrow(
        expect.objectContaining({ name: 'ConfigError', code: 'BAD_OPTION', message: expect.stringContaining(message) }),
      );
    }
  });

  test('is refused by a socket of a Manager, too', () => {
    const manager = new Manager('http://localhost:1', offline);
    expect(() => manager.socket('/', { queue: {} as never })).toThrow('Option "queue" must be a class');
  });
});

describe('an unknown name', () => {
  test.each([
    ['transport', 'transports'],
    ['Auth', 'auth'],
    ['ForceNew', 'forceNew'],
    ['timout', 'timeout'],
    ['reconection', 'reconnection'],
    ['withCredential', 'withCredentials'],
    ['reconnectionDelayMaxs', 'reconnectionDelayMax'],
  ])('%s is refused, and the error names the real one', (name, real) => {
    expect(() => connect({ [name]: true })).toThrow(`Option "${name}" does not exist: use "${real}".`);
  });

  test.each([
    ['reconnect', 'use "reconnection"'],
    ['max reconnection attempts', 'use "reconnectionAttempts"'],
    ['resource', 'use "path"'],
    ['forceJSONP', 'remove it'],
    ['jsonp', 'remove it'],
    ['policyPort', 'remove it'],
    ['enablesXDR', 'remove it'],
    ['forceNode', 'NodeWebSocket'],
  ])('%s of older clients is refused, and the error says what to do', (name, advice) => {
    expect(() => connect({ [name]: false })).toThrow(
      new RegExp(`Option "${name}" does not exist in Naru: .*${advice}`),
    );
  });

  test('any other is reported once as a warning, and the program starts', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    connect({ colourOfTheClient: 1 });
    connect({ colourOfTheClient: 2 });
    expect(warn.mock.calls.map(([text]) => text)).toEqual(['Option "colourOfTheClient" is unknown and has no effect.']);
  });
});

test('shows nothing of a secret', () => {
  expect(() => connect({ passphrase: 31_337 })).toThrow(/"passphrase" must be a string, got a value of type number\.$/);
});

test('accepts valid values, and takes null and undefined for missing ones', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  checkClientOptions({
    auth: (send: (data: object) => void) => send({}),
    queue: offlineBuffer(),
    timeout: false,
    reconnectionAttempts: Number.POSITIVE_INFINITY,
    reconnectionDelay: 0,
    port: '80',
    query: 'a=b',
    agent: null,
    cert: undefined,
    'force new connection': true,
    upgrade: false,
    rememberUpgrade: true,
    rejectUnauthorized: false,
  });
  expect(warn).not.toHaveBeenCalled();
});

// As in Socket.IO, null means a missing value.
const withoutNull = (given: object): object =>
  Object.fromEntries(Object.entries(given).map(([name, item]) => [name, item === null ? Symbol('no null') : item]));

describe('the options of a client', () => walkOptions(clientTable, (given) => checkClientOptions(withoutNull(given))));

describe('the names of Socket.IO 0.9', () => walkOptions(oldNamesTable, (given) => readOptions(oldNamesTable, given)));
