/**
 * The rooms that carry pictures and sound. A viewer that falls behind misses whole groups of pictures, and never sound.
 */
import { LIMITS } from '../../shared/limits.js';
import { QUALITIES, type Quality } from '../../shared/protocol.js';
import { channelOf } from '../../shared/rooms.js';
import type { LiveServer, LiveSocket } from '../live-server.js';

/** The channels of all broadcasts. */
export class Channels {
  readonly #io: LiveServer;

  constructor(io: LiveServer) {
    this.#io = io;
  }

  /**
   * Sets how a broadcast treats viewers that fall behind. Every server does so, because each one delivers to its own
   * viewers.
   */
  open(id: string): void {
    const policy = { policy: 'newest-group', bytesMax: LIMITS.waitingBytesMax, behindMax: LIMITS.waitingMs } as const;
    for (const quality of QUALITIES) this.#io.slow(channelOf(id, quality), policy);
  }

  /** Forgets a broadcast that has ended. */
  close(id: string): void {
    for (const quality of QUALITIES) this.#io.slow(channelOf(id, quality), undefined);
  }

  /** Sends a picture of one quality to its viewers, on all servers. */
  picture(id: string, quality: Quality, isKey: boolean, bytes: Uint8Array): void {
    // Volatile: pictures are kept on the tape, and not in the log of this namespace.
    const mark = isKey ? 'key' : 'delta';
    this.#io.to(channelOf(id, quality)).volatile.mark(mark).emit('frame', bytes);
  }

  /** Sends sound to the viewers of all qualities. */
  sound(id: string, qualities: readonly Quality[], bytes: Uint8Array): void {
    for (const quality of qualities) {
      this.#io.to(channelOf(id, quality)).volatile.mark('always').emit('frame', bytes);
    }
  }

  /** Lets a viewer see one quality. The newest group comes at once, from memory. */
  enter(socket: LiveSocket, id: string, quality: Quality): void {
    void socket.join(channelOf(id, quality));
  }

  /** Ends that. */
  leave(socket: LiveSocket, id: string, quality: Quality): void {
    void socket.leave(channelOf(id, quality));
  }
}
