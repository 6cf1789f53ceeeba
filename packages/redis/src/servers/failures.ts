/** The errors that Redis answers, and what they mean for the request, the uplink and the person who runs the server. */
import { ConfigError, isNaruError, UnavailableError } from 'naru/base';
import { nameOf, type RedisAddress } from '../options.js';

/**
 * Errors of a server that is the wrong one now, or not ready: another server may be the master, a slot may have moved,
 * a script may be gone after a restart. The uplink counts as broken, and the next one finds out who is responsible.
 */
const WRONG_SERVER: ReadonlySet<string> = new Set([
  'NOSCRIPT',
  'READONLY',
  'MOVED',
  'ASK',
  'TRYAGAIN',
  'CROSSSLOT',
  'LOADING',
  'CLUSTERDOWN',
  'MASTERDOWN',
  'BUSY',
  'NOAUTH',
  'UNBLOCKED',
]);

/** The remedy for an error, by the code with which the error begins. */
const REMEDIES: Readonly<Record<string, string>> = {
  OOM: 'Redis has no memory left. Raise "maxmemory", or lower "ageMs" or "bytes" of the backplane.',
  MISCONF: 'Redis cannot write to its disk. Free space there, and look at the log of Redis.',
  NOREPLICAS: 'Redis has too few replicas for a write ("min-replicas-to-write"). Start them.',
  WRONGTYPE: 'Another program uses keys with the prefix of the backplane. Set the option "prefix" to another text.',
  LATER: 'Update this process.',
  NOPERM: 'The user may not do this. Allow it in Redis: ACL SETUSER <user> on ~<prefix>:* &<prefix>:* +@all',
};

/** Returns the code of an error that Redis answered, or `undefined` for any other error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? /^([A-Z]{2,}) /.exec(error.message)?.[1] : undefined;
}

/** Returns the text of an error, as a part of a sentence. */
function textOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Redis repeats the arguments of a command that it does not know.
  return message
    .replace(/, with args beginning with.*/s, '')
    .slice(0, 200)
    .replace(/\.+$/, '');
}

/** Whether an answer means that the uplink must be made anew. */
export function isWrongServer(error: unknown): boolean {
  return WRONG_SERVER.has(codeOf(error) ?? '');
}

/** Returns the error for a server that is the wrong one now, or not ready. */
export function notReady(error: unknown, address: RedisAddress): UnavailableError {
  return new UnavailableError(
    'CONNECT_FAILED',
    `Redis at ${nameOf(address)} cannot answer now: ${textOf(error)}. Naru connects again.`,
    error,
  );
}

/** Returns the error for a request that Redis refused. Nothing was written if it was a write. */
export function refused(error: unknown, address: RedisAddress): UnavailableError {
  if (isNaruError(error, 'UnavailableError')) return error;
  const code = codeOf(error) ?? '';
  const message = textOf(error);
  // Only the script of Naru adds to its streams, and its offsets rise.
  const remedy = REMEDIES[/ID specified in XADD/.test(message) ? 'WRONGTYPE' : code] ?? 'Nothing was changed.';
  const isWrite = ['OOM', 'MISCONF', 'NOREPLICAS'].includes(code);
  return new UnavailableError(
    isWrite ? 'NOT_KEPT' : 'REFUSED',
    `Redis at ${nameOf(address)} refused a request: ${message}. ${remedy}`,
    error,
  );
}

/** Returns the error for a user that may not use the channels by which servers hear of events. */
export function noChannels(error: unknown, prefix: string, address: RedisAddress): UnavailableError {
  return new UnavailableError(
    'REFUSED',
    `Redis at ${nameOf(address)} does not let the user publish and subscribe: ${textOf(error)}. Allow it in Redis: ACL SETUSER <user> &${prefix}:* +@pubsub`,
    error,
  );
}

/** Returns the error for a write that Redis would answer by breaking the connection. */
export function tooLarge(size: number, max: number, address: RedisAddress): UnavailableError {
  return new UnavailableError(
    'NOT_KEPT',
    `A write has ${size} bytes, and Redis at ${nameOf(address)} takes up to ${max} at once. Send less, or raise "proto-max-bulk-len" and "client-output-buffer-limit pubsub" of Redis.`,
  );
}

/** Returns the error for a server that was named as a Sentinel and does not answer as one. */
export function noSentinel(error: unknown, address: RedisAddress): UnavailableError {
  return new UnavailableError(
    'REFUSED',
    `The server at ${nameOf(address)} does not answer as a Sentinel: ${textOf(error)}. Name the port of a Sentinel, or Redis itself by "redis://".`,
    error,
  );
}

/** Returns the error for a server that has not answered in time. */
export function noAnswer(ms: number, address: RedisAddress): UnavailableError {
  return new UnavailableError(
    'CONNECT_FAILED',
    `Redis at ${nameOf(address)} has not answered for ${ms / 1_000} seconds. It may be busy, stand still, or be out of reach. Look at its log, and check the address, also whether it needs "redis:" or "rediss:".`,
  );
}

/** Returns the error for a server that closed the connection, or spoke another language, when Naru came. */
function wrongWords(message: string, address: RedisAddress, cause: unknown): UnavailableError {
  const name = nameOf(address);
  // A server with TLS answers a client without it by an alert, whose first byte is 21.
  if (/^Unknown RESP type 21 /.test(message))
    return new UnavailableError('REFUSED', `The server at ${name} expects TLS. Write "rediss:" in the address.`, cause);
  if (/^Unknown RESP type/.test(message))
    return new UnavailableError(
      'REFUSED',
      `Another program than Redis listens at ${name}: its first words are not those of Redis. Check the address.`,
      cause,
    );
  if (/wrong version number/.test(message))
    return new UnavailableError(
      'REFUSED',
      `The server at ${name} does not answer with TLS. Write "redis:" in the address, and check it.`,
      cause,
    );
  return new UnavailableError(
    'CONNECT_FAILED',
    `Redis at ${name} has closed the connection. It may be starting or ending, or have too many clients. Look at its log, and check whether the address needs "redis:" or "rediss:".`,
    cause,
  );
}

/** Returns the error for a server that cannot be used, with the reason that the driver or Redis gives. */
export function cannotConnect(error: unknown, address: RedisAddress): ConfigError | UnavailableError {
  if (isNaruError(error, 'ConfigError') || isNaruError(error, 'UnavailableError')) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR Client sent AUTH|NOPERM)/.test(message))
    return new UnavailableError(
      'REFUSED',
      `Redis at ${nameOf(address)} refuses the login: ${message}. Check the options "username" and "password", or "credentials".`,
      error,
    );
  if (/^ERR (SELECT|DB index)/.test(message))
    return new ConfigError(
      'BAD_OPTION',
      `Redis at ${nameOf(address)} refuses the database: ${message}. Check the option "database". A Redis Cluster has only number 0.`,
      error,
    );
  if (/unknown command|NOPROTO/i.test(message))
    return new ConfigError(
      'WRONG_STATE',
      `Redis at ${nameOf(address)} is too old. Naru needs Redis 7 or newer.`,
      error,
    );
  if (/^Socket closed unexpectedly|ECONNRESET|^Unknown RESP type|wrong version number/.test(message))
    return wrongWords(message, address, error);
  if (/certificate/.test(message))
    return new UnavailableError(
      'CONNECT_FAILED',
      `Redis at ${nameOf(address)} cannot be trusted: ${message}. Give the certificate of its authority by the option "tls": { ca }.`,
      error,
    );
  return new UnavailableError(
    'CONNECT_FAILED',
    `Redis at ${nameOf(address)} cannot be reached: ${message}. Check the address, and that Redis runs.`,
    error,
  );
}
