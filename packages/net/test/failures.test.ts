import { describe, expect, it } from 'vitest';
import { abortError, closedError, failureOf, stateError } from '../src/failures.js';

const said = (code: string, message = `connect ${code} somewhere`) => Object.assign(new Error(message), { code });

describe('an error of the system', () => {
  it.each([
    [
      'bind',
      'EADDRINUSE',
      'ADDRESS_IN_USE',
      'tcp://:1 is in use: choose another one, or port 0 for any that is free (EADDRINUSE)',
    ],
    ['bind', 'EACCES', 'IO_FAILED', 'the system does not allow this program to use tcp://:1 (EACCES)'],
    ['bind', 'EMFILE', 'NO_DESCRIPTORS', 'there is no file descriptor left for tcp://:1'],
    ['connect', 'ENFILE', 'NO_DESCRIPTORS', 'there is no file descriptor left for tcp://:1'],
    ['connect', 'ETIMEDOUT', 'TIMEOUT', 'tcp://:1 does not answer (ETIMEDOUT)'],
    ['connect', 'EHOSTUNREACH', 'CONNECT_FAILED', 'there is no route to tcp://:1 (EHOSTUNREACH)'],
    ['connect', 'EODD', 'CONNECT_FAILED', 'connecting to tcp://:1 failed (connect EODD somewhere)'],
    ['accept', 'EODD', 'IO_FAILED', 'accepting a connection at tcp://:1 failed (connect EODD somewhere)'],
    ['stream', 'EPIPE', 'DISCONNECTED', 'the connection with tcp://:1 was cut by the peer or the network (EPIPE)'],
    ['stream', 'ETIMEDOUT', 'TIMEOUT', 'tcp://:1 stopped answering, so the connection is closed (ETIMEDOUT)'],
    ['datagram', 'EODD', 'IO_FAILED', 'sending to tcp://:1 failed (connect EODD somewhere)'],
  ] as const)('of %s with %s becomes %s', (attempt, code, family, message) => {
    const cause = said(code);
    const error = failureOf(attempt, 'tcp://:1', cause);
    expect(error).toMatchObject({ name: 'UnavailableError', code: family, cause });
    expect(error.message).toContain(message);
  });

  it('of a Unix socket says how to repair the file', () => {
    expect(failureOf('bind', 'unix:/a', said('EADDRINUSE')).message).toBe(
      'unix:/a is in use: choose another one, or remove the file if the program that made it is gone (EADDRINUSE)',
    );
    expect(failureOf('bind', 'unix:/a/b', said('EACCES')).message).toBe(
      'the system does not allow this program to use unix:/a/b: its folder must exist and be writable (EACCES)',
    );
  });

  it('of several addresses at once has the text of the first', () => {
    const cause = Object.assign(new AggregateError([said('EODD', 'first'), said('EODD', 'second')]), { code: 'EODD' });
    expect(failureOf('connect', 'tcp://h:1', cause).message).toBe('connecting to tcp://h:1 failed (first)');
    expect(failureOf('connect', 'tcp://h:1', said('EODD', '')).message).toBe('connecting to tcp://h:1 failed (EODD)');
    expect(failureOf('connect', 'tcp://h:1', 'odd').message).toBe('connecting to tcp://h:1 failed (odd)');
  });
});

describe('an error of the caller', () => {
  it('has its own code: a time limit, an abort, a closed socket, a wrong state', () => {
    expect(abortError('recv', AbortSignal.abort())).toMatchObject({ code: 'ABORTED', cause: { name: 'AbortError' } });
    const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    expect(abortError('recv', late)).toMatchObject({ code: 'TIMEOUT', message: 'recv: the time limit has passed' });
    expect(closedError('recv')).toMatchObject({ code: 'CLOSED', message: 'recv: the socket is closed' });
    expect(stateError('recv', 'connect first')).toMatchObject({ name: 'ConfigError', message: 'recv: connect first' });
  });
});
