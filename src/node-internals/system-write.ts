/** The write of the system, as Node's own streams call it: one object for all writes that are taken at once. */
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

/** What Node notes a write by, where the system does not take all of it at once. */
interface WriteRequest {
  buffer?: Buffer;
  oncomplete?: () => void;
  /** A number, which is not negative while a write waits that was noted here. */
  getAsyncId(): number;
}

interface Connected {
  /** Gives 0, or the number of the system's error. */
  writeBuffer(request: WriteRequest | null, bytes: Buffer): number;
}

/** Where Node's sockets have what they write to. */
const CONNECTION = '_handle';

interface ConnectedSocket {
  readonly [CONNECTION]?: Connected | null;
}

/** `taken` by the system; `held`, until the peer has read; or why the write failed. */
export type SystemOutcome = 'taken' | 'held' | Error;

/** The class of these notes, as the first write shows it; `null`: Node is built in another way, and each write goes by its streams. */
let Request: (new () => WriteRequest) | null | undefined;
/** One that no write waits with. */
let idle: WriteRequest | undefined;

// What the write that is being made came to; Node says so before its call returns, where the system took all.
let isDone = false;
let failure: Error | null | undefined;

/**
 * Writes bytes behind all that the system was given before. The stream must have nothing waiting. What is written behind bytes that are
 * held is out when they are.
 */
export function writeToSystem(socket: Socket, bytes: Buffer): SystemOutcome {
  const connection = (socket as ConnectedSocket)[CONNECTION];
  // With a time limit, each write has to begin it anew, which is done by the stream.
  if (Request === null || !connection || socket.connecting || socket.timeout) return writeByStream(socket, bytes);
  if (Request === undefined) return learn(socket, connection, bytes);
  const request = idle ?? new Request();
  idle = undefined;
  // The stream makes an error of what is wrong, which the second write finds as well.
  if (connection.writeBuffer(request, bytes) !== 0) return writeByStream(socket, bytes);
  if (request.getAsyncId() < 0) {
    idle = request;
    return 'taken';
  }
  // The system reads the bytes later, and they must be there.
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

/** Has the stream write, and sees by what. */
function learn(socket: Socket, connection: Connected, bytes: Buffer): SystemOutcome {
  Request = null;
  const { writeBuffer } = connection;
  if (typeof writeBuffer !== 'function' || Object.hasOwn(connection, 'writeBuffer'))
    return writeByStream(socket, bytes);
  connection.writeBuffer = function (this: Connected, request, written) {
    // From Node 26 on, streams write without a request themselves at first.
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

/** Whether one that no write waits with says so. */
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
