/** A socket as it reads the log. */
import type { Offset } from '../../backplane/backplane.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Session } from '../../session/session.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Flags, Room } from '../target.js';
import type { LateReader } from './catch-up.js';

/** What the reader needs of its socket. */
export interface ReadingSocket {
  readonly rooms: ReadonlySet<Room>;
  readonly nsp: { readonly name: string; readonly lateBytesMax: number };
  readonly client: {
    readonly conn: Pick<Session, 'bufferedBytes' | 'readyState' | 'waiting' | 'transport'>;
    deliver(packets: readonly EncodedPacket[], isVolatile: boolean): void;
  };
  sendPacket(packet: SocketPacket, flags: Flags): void;
}

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
  readonly #socket: ReadingSocket;
  readonly #onCaughtUp: () => void;

  constructor(socket: ReadingSocket, onCaughtUp: () => void) {
    this.#socket = socket;
    this.#onCaughtUp = onCaughtUp;
  }

  get rooms(): ReadonlySet<Room> {
    return this.#socket.rooms;
  }

  get hasSpace(): boolean {
    const { client, nsp } = this.#socket;
    const { bufferedBytes, readyState, transport, waiting } = client.conn;
    if (readyState !== 'open') return false;
    // A transport that is writable says nothing when it has sent what it holds.
    return bufferedBytes <= nsp.lateBytesMax || (waiting === undefined && transport.writable);
  }

  take(packets: readonly EncodedPacket[]): void {
    this.#socket.client.deliver(packets, false);
  }

  onGap(after: Offset, before: Offset | undefined): void {
    tellGap(this.#socket, after, before);
  }

  onCaughtUp(): void {
    this.#onCaughtUp();
  }
}

/** Tells a client that the log has let go of what stood behind `after`, up to `before`. */
export function tellGap(
  socket: Pick<ReadingSocket, 'sendPacket'> & { readonly nsp: { readonly name: string } },
  after: Offset,
  before: Offset | undefined,
): void {
  const data = ['naru:gap', { after, before: before ?? null }];
  socket.sendPacket({ type: PacketType.EVENT, nsp: socket.nsp.name, data }, NO_FLAGS);
}
