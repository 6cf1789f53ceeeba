/** Translates errors of the operating system into errors that name the endpoint and say what to do. */
import { ConfigError, UnavailableError } from 'naru/base';

/** The operation that failed. */
export type Attempt = 'bind' | 'connect' | 'accept' | 'stream' | 'datagram';

type Said = readonly [code: UnavailableError['code'], message: (endpoint: string) => string];

const noDescriptors: Said = [
  'NO_DESCRIPTORS',
  (endpoint) => `there is no file descriptor left for ${endpoint}: close sockets, or raise the limit (ulimit -n)`,
];
const notAllowed: Said = ['IO_FAILED', (endpoint) => `the system does not allow this program to use ${endpoint}`];
// libuv reports a missing folder as a forbidden one, so the message names both.
const notBound: Said = [
  'IO_FAILED',
  (endpoint) =>
    isPath(endpoint)
      ? `the system does not allow this program to use ${endpoint}: its folder must exist and be writable`
      : `the system does not allow this program to use ${endpoint}`,
];
const noAnswer: Said = ['TIMEOUT', (endpoint) => `${endpoint} does not answer`];
const unknownName: Said = ['CONNECT_FAILED', (endpoint) => `the name in ${endpoint} is not known`];
const noWay: Said = ['CONNECT_FAILED', (endpoint) => `there is no route to ${endpoint}`];
const cut: Said = ['DISCONNECTED', (endpoint) => `the connection with ${endpoint} was cut by the peer or the network`];

const always: Readonly<Record<string, Said>> = { EMFILE: noDescriptors, ENFILE: noDescriptors };

const known: Readonly<Record<Attempt, Readonly<Record<string, Said>>>> = {
  bind: {
    EADDRINUSE: [
      'ADDRESS_IN_USE',
      (endpoint) =>
        isPath(endpoint)
          ? `${endpoint} is in use: choose another one, or remove the file if the program that made it is gone`
          : `${endpoint} is in use: choose another one, or port 0 for any that is free`,
    ],
    EADDRNOTAVAIL: ['IO_FAILED', (endpoint) => `${endpoint} is not an address of this machine`],
    EACCES: notBound,
    EPERM: notBound,
    ENOTFOUND: ['IO_FAILED', (endpoint) => `the name in ${endpoint} is not known`],
    EAI_AGAIN: ['IO_FAILED', (endpoint) => `the name in ${endpoint} could not be looked up`],
  },
  connect: {
    ECONNREFUSED: ['CONNECT_FAILED', (endpoint) => `${endpoint} refused the connection: no program listens there`],
    ENOENT: ['CONNECT_FAILED', (endpoint) => `there is no socket at ${endpoint}`],
    ENOTSOCK: ['CONNECT_FAILED', (endpoint) => `${endpoint} is a file, not a socket`],
    ECONNRESET: ['CONNECT_FAILED', (endpoint) => `${endpoint} reset the connection before it was established`],
    EADDRINUSE: ['ADDRESS_IN_USE', (endpoint) => `the local address for ${endpoint} is in use`],
    ETIMEDOUT: noAnswer,
    EHOSTUNREACH: noWay,
    ENETUNREACH: noWay,
    EHOSTDOWN: noWay,
    ENETDOWN: noWay,
    ENOTFOUND: unknownName,
    EAI_AGAIN: ['CONNECT_FAILED', (endpoint) => `the name in ${endpoint} could not be looked up`],
    EACCES: ['CONNECT_FAILED', (endpoint) => `the system does not allow this program to use ${endpoint}`],
    EPERM: ['CONNECT_FAILED', (endpoint) => `the system does not allow this program to use ${endpoint}`],
  },
  accept: {},
  stream: {
    ECONNRESET: cut,
    EPIPE: cut,
    ECONNABORTED: cut,
    ENETDOWN: cut,
    ENETUNREACH: cut,
    EHOSTUNREACH: cut,
    ETIMEDOUT: ['TIMEOUT', (endpoint) => `${endpoint} stopped answering, so the connection is closed`],
  },
  datagram: {
    ECONNREFUSED: ['CONNECT_FAILED', (endpoint) => `${endpoint} does not accept datagrams: no program listens there`],
    EHOSTUNREACH: noWay,
    ENETUNREACH: noWay,
    EHOSTDOWN: noWay,
    ENETDOWN: noWay,
    EACCES: notAllowed,
    EPERM: notAllowed,
  },
};

const verbs: Readonly<Record<Attempt, string>> = {
  bind: 'binding to',
  connect: 'connecting to',
  accept: 'accepting a connection at',
  stream: 'the connection with',
  datagram: 'sending to',
};

/**
 * Returns the UnavailableError for a system error about `endpoint`. Its `cause` is the system error, with the system's
 * own `code`.
 */
export function failureOf(attempt: Attempt, endpoint: string, cause: unknown): UnavailableError {
  const { code, message } = describe(cause);
  const said = always[code] ?? known[attempt][code];
  const [family, sentence] = said ?? [attempt === 'connect' ? 'CONNECT_FAILED' : 'IO_FAILED', undefined];
  const text = sentence === undefined ? `${verbs[attempt]} ${endpoint} failed` : sentence(endpoint);
  return new UnavailableError(family, `${text} (${sentence === undefined ? message : code})`, cause);
}

/**
 * Returns the error for a wait that was ended: TIMEOUT for `AbortSignal.timeout`, else ABORTED. Its `cause` is the
 * signal's reason.
 */
export function abortError(what: string, signal: AbortSignal): UnavailableError {
  const reason: unknown = signal.reason;
  if (reason instanceof DOMException && reason.name === 'TimeoutError') {
    return new UnavailableError('TIMEOUT', `${what}: the time limit has passed`, reason);
  }
  return new UnavailableError('ABORTED', `${what}: aborted`, reason);
}

function isPath(endpoint: string): boolean {
  return endpoint.startsWith('unix:');
}

/** Returns the error for a call on a socket that this side has closed. */
export function closedError(what: string): UnavailableError {
  return new UnavailableError('CLOSED', `${what}: the socket is closed`);
}

/** Returns the error for a call that the socket is not ready for. */
export function stateError(what: string, fix: string): ConfigError {
  return new ConfigError('WRONG_STATE', `${what}: ${fix}`);
}

function describe(cause: unknown): { code: string; message: string } {
  if (!(cause instanceof Error)) return { code: '', message: String(cause) };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  // When a name has several addresses, each has its own error, and the error as a whole has an empty message.
  const [first] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [];
  const message = cause.message === '' && first instanceof Error ? first.message : cause.message;
  return { code, message: message === '' ? code : message };
}
