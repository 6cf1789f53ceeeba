/** A socket as its backlog sees it. */
import type { Offset } from '../../backplane/backplane.js';
import type { Session } from '../../session/session.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import type { BacklogReader } from './backlog.js';
import type { ActivePolicy } from './policy.js';
import type { SlowReaders, SlowSocket } from './slow-readers.js';

/** What it needs of its socket. */
export interface BackloggedSocket extends SlowSocket {
  readonly nsp: {
    readonly name: string;
    readonly slowReaders: SlowReaders;
    settle(): void;
    readonly log: { readonly isMarked: boolean } | undefined;
  };
  readonly client: {
    readonly conn: Session;
    readonly isRecoverable: boolean;
    deliver(packets: readonly EncodedPacket[], isVolatile: boolean): void;
  };
}

/** So much is given to the connection at once, since nothing of that can be dropped any more. */
const PIECE_BYTES = 64 * 1024;

/** Sends what the backlog has, as the connection takes it. What was dropped is said to the client by the event `naru:dropped`. */
export class SocketBacklog implements BacklogReader {
  readonly #socket: BackloggedSocket;
  readonly #onCaughtUp: () => void;

  constructor(socket: BackloggedSocket, onCaughtUp: () => void) {
    this.#socket = socket;
    this.#onCaughtUp = onCaughtUp;
  }

  get hasSpace(): boolean {
    const { bufferedBytes, readyState, transport, waiting } = this.#socket.client.conn;
    return readyState === 'open' && transport.writable && (waiting === undefined || bufferedBytes < PIECE_BYTES);
  }

  get bufferedBytes(): number {
    return this.#socket.client.conn.bufferedBytes;
  }

  settle(): void {
    this.#socket.nsp.settle();
  }

  keep(packets: readonly EncodedPacket[]): readonly EncodedPacket[] {
    return this.#socket.client.isRecoverable ? packets : packets.map(copyOf);
  }

  take(packets: readonly EncodedPacket[]): void {
    this.#socket.client.deliver(packets, false);
  }

  onGap(count: number, offset: Offset | undefined): void {
    const { nsp, client } = this.#socket;
    client.deliver(nsp.slowReaders.encodeDropped(count, offset, nsp.log?.isMarked === true), false);
  }

  onGone(size: number, isConflated: boolean, policy: ActivePolicy): void {
    this.#socket.nsp.slowReaders.table.noteGone(this.#socket, size, isConflated, policy.name);
  }

  onCaughtUp(): void {
    this.#onCaughtUp();
  }
}

/** The same packet, whose source nobody lets go of. */
export function copyOf({ unit, compress, source }: EncodedPacket): EncodedPacket {
  const copy = new EncodedPacket(unit, compress);
  copy.source = source;
  return copy;
}
