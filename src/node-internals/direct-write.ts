/**
 * Writes to a TCP connection past the queue of its stream, where nothing waits in it. Node's queue notes each write, and the end of each
 * in a tick of its own, and makes an object for each that only a write needs which the system does not take at once: a twentieth of all
 * that a small write costs, the system's part included.
 */
import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { writeToSystem } from './system-write.js';

/** What became of bytes: `taken` by the system; `held`, because the system has no room for all of them; or `declined`, and nothing was done. */
export type DirectOutcome = 'taken' | 'held' | 'declined';

const NOTHING = Buffer.alloc(0);

/**
 * Writes bytes behind all that was written before. `declined`: use `write` of the stream, because the connection is none of plain TCP,
 * somebody put a `write` of his own in its place, it is corked or ended, or something waits in its queue. `held`: the bytes go out as
 * the peer reads, and count in no `writableLength` until then; `onTaken` is called when they are out, unless the connection breaks
 * before; until then write nothing by this function. A write that fails destroys the connection with its error, as one by its stream does.
 */
export function writeDirectly<Stream extends Writable>(
  socket: Stream,
  bytes: Buffer,
  onTaken: (socket: Stream) => void,
): DirectOutcome {
  const kind: unknown = socket.constructor;
  if (
    // TLS has a class of its own, and encrypts before it writes.
    kind !== Socket ||
    socket.write !== WRITE ||
    socket.writableLength > 0 ||
    socket.writableCorked > 0 ||
    socket.writableEnded
  )
    return 'declined';
  const outcome = writeToSystem(socket as unknown as Socket, bytes);
  if (outcome !== 'held') {
    // `destroy` may call others, who write.
    if (outcome !== 'taken') socket.destroy(outcome);
    return 'taken';
  }
  // The handle writes in the order of its calls: nothing, behind these bytes, is out when they are, and the stream queues what follows.
  socket.write(NOTHING, (error) => {
    // Of a connection that was destroyed meanwhile Node says no error here.
    if (!error && !socket.destroyed) onTaken(socket);
  });
  return 'held';
}

const WRITE = Writable.prototype.write;
