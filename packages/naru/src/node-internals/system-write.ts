/** Writes as Node's own streams do, but with one request object for all writes that the system takes at once. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

/** Node's record of a write that the system does not take at once. */
interface WriteRequest {
  buffer?: Buffer;
  oncomplete?: () => void;
  /** Returns a non-negative number while a write uses this request. */
  getAsyncId(): number;
}

interface Connected {
  /** Returns 0, or the number of the system's error. */
  writeBuffer(request: WriteRequest | null, bytes: Buffer): number;
}

/** The property of Node's sockets that holds the handle they write to. */
const CONNECTION = '_handle';

interface ConnectedSocket {
  readonly [CONNECTION]?: Connected | null;
}

/** The outcome of a write: `taken` by the system, `held` until the peer has read, or the error with which it failed. */
export type SystemOutcome = 'taken' | 'held' | Error;

/**
 * The class of these requests, which the first write reveals. `null` when Node works differently; then streams do all
 * writes.
 */
let Request: (new () => WriteRequest) | null | undefined;
/** A request that no write uses. */
let idle: WriteRequest | undefined;

// The outcome of the write in progress. Node reports it before its call returns if the system took all bytes.
let isDone = false;
let failure: Error | null | undefined;

/**
 * Writes bytes after all that the system was given before. The stream's queue must be empty. Once a later write is out,
 * the held bytes are out too.
 */
export function writeToSystem(socket: Socket, bytes: Buffer): SystemOutcome {
  const connection = (socket as ConnectedSocket)[CONNECTION];
  // With a timeout, each write must restart it, which the stream does.
  if (Request === null || !connection || socket.connecting || socket.timeout) return writeByStream(socket, bytes);
  if (Request === undefined) return learn(socket, connection, bytes);
  const request = idle ?? new Request();
  idle = undefined;
  // The write by the stream fails in the same way, and the stream makes the error.
  if (connection.writeBuffer(request, bytes) !== 0) return writeByStream(socket, bytes);
  if (request.getAsyncId() < 0) {
    idle = request;
    return 'taken';
  }
  // The system reads the bytes later, so they must not be freed.
  request.buffer = bytes;
  request.oncomplete = ignore;
  return 'held';
}

function writeByStream(socket: Socket, bytes: Buffer): SystemOutcome {
  isDone = false;
  socket._write(bytes, 'buffer' as BufferEncoding, note);
  const error = failure;
  failure = undefined;
  return isDone ? (error ?? 'taken') : 'held';
}

/** Lets the stream write, and learns the class of its request. */
function learn(socket: Socket, connection: Connected, bytes: Buffer): SystemOutcome {
  Request = null;
  const { writeBuffer } = connection;
  if (typeof writeBuffer !== 'function' || Object.hasOwn(connection, 'writeBuffer'))
    return writeByStream(socket, bytes);
  connection.writeBuffer = function (this: Connected, request, written) {
    // Since Node 26, streams first try to write without a request.
    if (typeof request?.getAsyncId === 'function' && written === bytes)
      Request = request.constructor as new () => WriteRequest;
    return writeBuffer.call(this, request, written);
  };
  try {
    return writeByStream(socket, bytes);
  } finally {
    delete (connection as Partial<Connected>).writeBuffer;
    if (Request && !isUsable(Request)) Request = null;
  }
}

/** Whether a new request reports that no write uses it. */
function isUsable(Class: new () => WriteRequest): boolean {
  try {
    return new Class().getAsyncId() < 0;
  } catch {
    return false;
  }
}

function note(error?: Error | null): void {
  isDone = true;
  failure = error;
}

function ignore(): void {}
