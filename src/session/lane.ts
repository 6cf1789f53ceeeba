/** A way for volatile messages beside the transport of a session. */
import type { EncodedPacket } from '../transport/encoded-packet.js';

/** What a session needs of its lane. What arrives by it is given to `session.onVolatile`. */
export interface Lane {
  /** Sends one message, all of its packets, unreliably. `false`: the lane is not up, not fresh, or cannot carry it; nothing was sent. */
  send(packets: readonly EncodedPacket[]): boolean;
  /** The session ended. */
  close(): void;
}
