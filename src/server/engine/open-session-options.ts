/** How a session of another endpoint than HTTP begins. */
import type { Session } from '../../session/session.js';
import type { Subprotocol } from '../../session/session-events.js';

/** What `openSession` needs to know besides. */
export interface OpenSessionOptions {
  /** Its id; secret and unique. @default a random one */
  readonly id?: string;
  /** What the client speaks. @default 'socket.io' */
  readonly subprotocol?: Subprotocol;
  /** Whether the client has its Engine.IO handshake already, or needs none. @default whether the transport is plain */
  readonly isAnnounced?: boolean;
  /** The layer above. @default the engine's own, Socket.IO */
  readonly receiver?: (session: Session) => unknown;
}
