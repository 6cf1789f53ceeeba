/** Checks the options of the client: names, types and ranges. Not in the bundles for `<script>`, which have no room for it. */
import {
  bytes,
  count,
  flag,
  fraction,
  milliseconds,
  objectWith,
  orFalse,
  passedOn,
  secret,
  value,
} from '../base/options/kinds.js';
import { join, type Option, options, readOptions } from '../base/options/table.js';
import type { EngineOptions } from './engine/options.js';
import type { ManagerOptions, SocketOptions } from './socket/options.js';

/** Every option of a group, so that a new one cannot be forgotten here. */
type Every<Group> = Readonly<Record<keyof Group, Option<unknown>>>;

// The defaults are not here but where they are used, because the bundles have them, too.
const isText = (given: unknown): boolean => typeof given === 'string';
const isAnyOf =
  (...types: string[]) =>
  (given: unknown): boolean =>
    types.includes(typeof given);
const isClass = (given: unknown): boolean => typeof given === 'function';
const isRecord = (given: unknown): boolean => typeof given === 'object' && !Array.isArray(given);
const isListOf = (item: (given: unknown) => boolean) => (given: unknown) => Array.isArray(given) && given.every(item);

const SWITCH = flag(undefined);
const TEXT = value('a string', isText);
const RECORD = value('an object', isRecord);
/** What node:tls checks itself. */
const UNCHECKED = passedOn();
const MILLISECONDS = milliseconds(undefined, { min: 0 });
const ENDLESS = { min: 0, max: Number.POSITIVE_INFINITY };

/** The table of the options of an EngineSocket. */
export const clientEngineTable = options(
  '',
  {
    host: TEXT,
    hostname: TEXT,
    port: value('a number or a string', isAnyOf('number', 'string')),
    secure: SWITCH,
    path: TEXT,
    addTrailingSlash: SWITCH,
    query: value('an object or a string', (given) => isText(given) || isRecord(given)),
    transports: value(
      'a list of names and classes of transports, such as ["websocket"]',
      isListOf(isAnyOf('string', 'function')),
    ),
    upgrade: SWITCH,
    rememberUpgrade: SWITCH,
    tryAllTransports: SWITCH,
    transportOptions: RECORD,
    extraHeaders: RECORD,
    withCredentials: SWITCH,
    forceBase64: SWITCH,
    timestampRequests: SWITCH,
    timestampParam: TEXT,
    requestTimeout: MILLISECONDS,
    closeOnBeforeunload: SWITCH,
    protocols: value('a string or a list of strings', (given) => isText(given) || isListOf(isText)(given)),
    useNativeTimers: SWITCH,
    autoUnref: SWITCH,
    agent: value('an agent of node:http or false', isAnyOf('object', 'boolean', 'string', 'function')),
    perMessageDeflate: value('true, false or an object', (given) => typeof given === 'boolean' || isRecord(given)),
    pfx: UNCHECKED,
    key: UNCHECKED,
    cert: UNCHECKED,
    ca: UNCHECKED,
    passphrase: secret(TEXT),
    ciphers: TEXT,
    rejectUnauthorized: SWITCH,
    payloadBytesMax: bytes(undefined),
    psk: secret(value('a string or bytes', (given) => isText(given) || given instanceof Uint8Array)),
    keyExchange: SWITCH,
    clock: objectWith<NonNullable<EngineOptions['clock']>>('an object with now, setTimeout and clearTimeout', [
      'now',
      'setTimeout',
      'clearTimeout',
    ]),
    random: objectWith<NonNullable<EngineOptions['random']>>('an object with the method fraction', ['fraction']),
  } satisfies Every<EngineOptions>,
  {
    resource: 'use "path"',
    'try multiple transports': 'use "tryAllTransports"',
    jsonp: 'remove it, because no browser needs JSONP any more',
    forceJSONP: 'remove it, because no browser needs JSONP any more',
    enablesXDR: 'remove it, because no browser has XDomainRequest any more',
    policyPort: 'remove it, because no browser has Flash any more',
    forceNode: 'use "transports" with the classes NodeXHR and NodeWebSocket',
    onlyBinaryUpgrades: 'use "upgrade"',
    'sync disconnect on unload': 'use "closeOnBeforeunload"',
  },
);

/** The table of the options of `io()`, a Manager and a Socket. */
export const clientTable = join(
  clientEngineTable,
  options(
    '',
    {
      forceNew: SWITCH,
      // As in Socket.IO 0.9, and still taken by socket.io-client 4.
      'force new connection': SWITCH,
      multiplex: SWITCH,
      reconnection: SWITCH,
      reconnectionAttempts: count(undefined, { min: 0 }),
      reconnectionDelay: MILLISECONDS,
      reconnectionDelayMax: milliseconds(undefined, ENDLESS),
      randomizationFactor: fraction(undefined, { min: 0, max: 1 }),
      timeout: orFalse(MILLISECONDS),
      lane: value('true, false or the address of an endpoint', isAnyOf('boolean', 'string')),
      autoConnect: SWITCH,
      parser: objectWith<NonNullable<ManagerOptions['parser']>>('an object with the classes Encoder and Decoder', [
        'Encoder',
        'Decoder',
      ]),
      auth: value(
        'an object, or a function that passes one to its callback',
        (given) => isRecord(given) || isClass(given),
      ),
      retries: count(undefined, { min: 0 }),
      queue: value('a class, such as offlineQueue() returns', isClass),
      ackTimeout: MILLISECONDS,
      bufferCountMax: count(undefined, { min: 0 }),
      bufferBytesMax: bytes(undefined, { min: 0 }),
      bufferAgeMax: milliseconds(undefined, ENDLESS),
    } satisfies Every<Omit<ManagerOptions, keyof EngineOptions> & SocketOptions & { 'force new connection': boolean }>,
    {
      reconnect: 'use "reconnection"',
      'max reconnection attempts': 'use "reconnectionAttempts"',
      'reconnection delay': 'use "reconnectionDelay"',
      'reconnection limit': 'use "reconnectionDelayMax"',
      'connect timeout': 'use "timeout"',
      'auto connect': 'use "autoConnect"',
    },
  ),
);

/**
 * Checks the options of `io()`, a Manager or a Socket. Throws a ConfigError for a wrong value, for a name that is nearly right and for one of
 * older clients of Socket.IO. Any other unknown name is warned about once. `null` is no value, as in Socket.IO.
 */
export function checkClientOptions(given: object | undefined): void {
  readOptions(clientTable, withoutNull(given));
}

/** Checks the options of an EngineSocket, as `checkClientOptions` does. */
export function checkEngineOptions(given: object | undefined): void {
  readOptions(clientEngineTable, withoutNull(given));
}

function withoutNull(given: unknown): unknown {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  return isObject
    ? Object.fromEntries(Object.entries(given).filter(([, item]) => item !== null))
    : (given ?? undefined);
}
