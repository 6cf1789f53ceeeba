/** Lets a member of a namespace read the log when it is late. */
import type { Offset } from '../../../backplane/backplane.js';
import { PacketType } from '../../../protocol/socket-io/packet.js';
import type { Session } from '../../../session/session.js';
import type { EncodedPacket } from '../../../transport/encoded-packet.js';
import type { Member } from '../../socket/socket.js';
import type { Flags, Room } from '../../target.js';
import type { LateReader } from './catch-up.js';

/**
 * Whether everything that is sent in a turn reaches the client as one unit, or not at all. Missed events then come before the answer to
 * CONNECT, as from Socket.IO. On other transports they come after it: clients keep events that arrive before the answer, and would
 * keep them twice if the connection broke in between.
 */
export function isOneUnit({ transport, upgrading }: Pick<Session, 'transport' | 'upgrading'>): boolean {
  return transport.name === 'polling' && !upgrading;
}

const NO_FLAGS: Flags = Object.freeze({});

/** Sends records to a client while its connection has space. The event `naru:gap` tells the client what the log has lost. */
export class SocketReader implements LateReader {
  readonly #member: Member;
  readonly #lateBytesMax: () => number;
  readonly #onCaughtUp: () => void;

  constructor(member: Member, lateBytesMax: () => number, onCaughtUp: () => void) {
    this.#member = member;
    this.#lateBytesMax = lateBytesMax;
    this.#onCaughtUp = onCaughtUp;
  }

  get rooms(): Set<Room> {
    return this.#member.effectiveRooms;
  }

  get space(): number {
    const { bufferedBytes, readyState, transport, waiting } = this.#member.client.conn;
    if (readyState !== 'open') return -1;
    const space = this.#lateBytesMax() - bufferedBytes;
    // A writable transport does not report later that it has sent its data, so the reader must not wait for that.
    return waiting === undefined && transport.writable ? Math.max(0, space) : space;
  }

  take(packets: readonly EncodedPacket[]): void {
    this.#member.client.deliver(packets, false);
  }

  onGap(after: Offset, before: Offset | undefined): void {
    tellGap(this.#member, after, before);
  }

  onFailed(after: Offset): void {
    // The client comes back, and gets its events then. Without a session it could not.
    if (this.#member.pid === undefined) tellGap(this.#member, after, undefined);
    else this.#member.client.conn.close(true);
  }

  onCaughtUp(): void {
    this.#onCaughtUp();
  }
}

/** Tells a client that the log no longer has the records after `after` and before `before`. */
export function tellGap(member: Member, after: Offset, before: Offset | undefined): void {
  const data = ['naru:gap', { after, before: before ?? null }];
  member.sendPacket({ type: PacketType.EVENT, nsp: member.namespace.name, data }, NO_FLAGS);
}
