/**
 * Writes to a TCP connection past the queue of its stream when that queue is empty. Node's queue records each write,
 * ends each in a tick of its own, and makes an object that only blocked writes need. That is a twentieth of the cost of
 * a small write, including the system's part.
 */
import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { writeToSystem } from './system-write.js';

/**
 * The outcome of a write: `taken` by the system, `held` because the system has no room for all bytes, or `declined`
 * without any effect.
 */
export type DirectOutcome = 'taken' | 'held' | 'declined';

const NOTHING = Buffer.alloc(0);

/**
 * Writes bytes after all earlier ones.
 *
 * - `declined`: use `write` of the stream. Either the connection is not plain TCP, or its `write` was replaced. Or it
 *   is corked or ended, or its queue is not empty.
 * - `held`: the bytes go out as the peer reads. Until then, `writableLength` does not count them. `onTaken` is called
 *   when they are out, unless the connection breaks first. Do not call this function again before that.
 *
 * A write that fails destroys the connection with its error, as a write by its stream does.
 */
export function writeDirectly<Stream extends Writable>(
  socket: Stream,
  bytes: Buffer,
  onTaken: (socket: Stream) => void,
): DirectOutcome {
  const kind: unknown = socket.constructor;
  if (
    // TLS sockets have another class, and encrypt before they write.
    kind !== Socket ||
    socket.write !== WRITE ||
    socket.writableLength > 0 ||
    socket.writableCorked > 0 ||
    socket.writableEnded
  )
    return 'declined';
  const outcome = writeToSystem(socket as unknown as Socket, bytes);
  if (outcome !== 'held') {
    // `destroy` may call listeners that write.
    if (outcome !== 'taken') socket.destroy(outcome);
    return 'taken';
  }
  // The handle writes in the order of its calls, so this empty write ends after the held bytes. Meanwhile the stream
  // queues later writes.
  socket.write(NOTHING, (error) => {
    // Node passes no error here for a connection that was destroyed meanwhile.
    if (!error && !socket.destroyed) onTaken(socket);
  });
  return 'held';
}

const WRITE = Writable.prototype.write;
