/** A member as it reads the log. */
import type { Offset } from '../../backplane/backplane.js';
import { PacketType } from '../../protocol/socket-io/packet.js';
import type { Session } from '../../session/session.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Member } from '../socket/socket.js';
import type { Flags, Room } from '../target.js';
import type { LateReader } from './catch-up.js';

/**
 * Whether all that is sent in a turn reaches the client as one unit, or not at all. There what was missed comes before the answer to
 * CONNECT, as from Socket.IO. Elsewhere it comes behind: its clients keep what comes before the answer, and where the connection breaks
 * in between they would keep it twice.
 */
export function isOneUnit({ transport, upgrading }: Pick<Session, 'transport' | 'upgrading'>): boolean {
  return transport.name === 'polling' && !upgrading;
}

const NO_FLAGS: Flags = Object.freeze({});

/** Sends what it reads, as long as there is room for it. What the log has lost is said to the client by the event `naru:gap`. */
export class SocketReader implements LateReader {
  readonly #member: Member;
  readonly #lateBytesMax: () => number;
  readonly #onCaughtUp: () => void;

  constructor(member: Member, lateBytesMax: () => number, onCaughtUp: () => void) {
    this.#member = member;
    this.#lateBytesMax = lateBytesMax;
    this.#onCaughtUp = onCaughtUp;
  }

  get rooms(): ReadonlySet<Room> {
    return this.#member.rooms;
  }

  get hasSpace(): boolean {
    const { bufferedBytes, readyState, transport, waiting } = this.#member.client.conn;
    if (readyState !== 'open') return false;
    // A transport that is writable says nothing when it has sent what it holds.
    return bufferedBytes <= this.#lateBytesMax() || (waiting === undefined && transport.writable);
  }

  take(packets: readonly EncodedPacket[]): void {
    this.#member.client.deliver(packets, false);
  }

  onGap(after: Offset, before: Offset | undefined): void {
    tellGap(this.#member, after, before);
  }

  onCaughtUp(): void {
    this.#onCaughtUp();
  }
}

/** Tells a client that the log has let go of what stood behind `after`, up to `before`. */
export function tellGap(member: Member, after: Offset, before: Offset | undefined): void {
  const data = ['naru:gap', { after, before: before ?? null }];
  member.sendPacket({ type: PacketType.EVENT, nsp: member.namespace.name, data }, NO_FLAGS);
}
