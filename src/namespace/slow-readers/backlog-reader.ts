/** A member as its backlog sees it. */
import type { Offset } from '../../backplane/backplane.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Member } from '../socket/socket.js';
import type { BacklogReader } from './backlog.js';
import type { ActivePolicy } from './policy.js';
import type { SlowReaders } from './slow-readers.js';

/** What a backlog needs of the namespace. */
export interface BacklogContext {
  readonly slowReaders: SlowReaders;
  readonly log: { readonly isMarked: boolean } | undefined;
  /** Carries out postponed broadcasts. */
  settle(): void;
}

/** So much is given to the connection at once, since nothing of that can be dropped any more. */
const PIECE_BYTES = 64 * 1024;

/** Sends what the backlog has, as the connection takes it. What was dropped is said to the client by the event `naru:dropped`. */
export class SocketBacklog implements BacklogReader {
  readonly #member: Member;
  readonly #context: BacklogContext;
  readonly #onCaughtUp: () => void;

  constructor(member: Member, context: BacklogContext, onCaughtUp: () => void) {
    this.#member = member;
    this.#context = context;
    this.#onCaughtUp = onCaughtUp;
  }

  get hasSpace(): boolean {
    const { bufferedBytes, readyState, transport, waiting } = this.#member.client.conn;
    return readyState === 'open' && transport.writable && (waiting === undefined || bufferedBytes < PIECE_BYTES);
  }

  get bufferedBytes(): number {
    return this.#member.client.conn.bufferedBytes;
  }

  settle(): void {
    this.#context.settle();
  }

  keep(packets: readonly EncodedPacket[]): readonly EncodedPacket[] {
    return this.#member.client.isRecoverable ? packets : packets.map(copyOf);
  }

  take(packets: readonly EncodedPacket[]): void {
    this.#member.client.deliver(packets, false);
  }

  onGap(count: number, offset: Offset | undefined): void {
    const { slowReaders, log } = this.#context;
    this.#member.client.deliver(slowReaders.encodeDropped(count, offset, log?.isMarked === true), false);
  }

  onGone(size: number, isConflated: boolean, policy: ActivePolicy): void {
    this.#context.slowReaders.table.noteGone(this.#member, size, isConflated, policy.name);
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
