/** What stands between what is sent to a socket and its outbox, while the client cannot take it: each kind says what becomes of it. */
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { ActivePolicy } from './policy.js';

/** A socket has one at most. */
export interface Lag {
  /** Bytes of memory that wait in it. */
  readonly bytes: number;
  /** Takes what does not stand in the log. */
  add(packets: readonly EncodedPacket[], policy: ActivePolicy | undefined): void;
  /** Takes events that stand in the log. */
  addLogged(packets: readonly EncodedPacket[], policy: ActivePolicy | undefined): void;
  /** The connection took what was there. */
  pump(): void;
  /** The connection is about to be closed by the server: what was emitted goes out before that, as far as it waits here. */
  release(): void;
  /** The client has gone. */
  cancel(): void;
}
