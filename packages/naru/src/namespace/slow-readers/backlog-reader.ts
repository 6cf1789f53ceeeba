/** Connects a backlog to the member whose events it holds. */
import type { Offset } from '../../backplane/backplane.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import { copyOf, type EventNote } from '../event/event-notes.js';
import type { ActivePolicy } from '../slow-policies/policy.js';
import type { Member } from '../socket/socket.js';
import type { BacklogReader } from './backlog.js';
import type { SlowReaders } from './slow-readers.js';

/** The part of a namespace that a backlog uses. */
export interface BacklogContext {
  readonly slowReaders: SlowReaders;
  readonly log: { readonly packets: { readonly isMarked: boolean }; readonly offset: Offset } | undefined;
  /** Carries out postponed broadcasts. */
  settle(): void;
}

/** Bytes that the connection may hold at once. They can no longer be dropped, so this is small. */
const PIECE_BYTES = 64 * 1024;

/**
 * Sends the events of a backlog as the connection takes them. The event `naru:dropped` tells the client how many were
 * dropped.
 */
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

  get now(): number {
    return this.#member.namespace.clock.now();
  }

  get delivered(): Offset | undefined {
    return this.#context.log?.offset;
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

  take(packets: readonly EncodedPacket[], note: EventNote | undefined, at: number): void {
    this.#member.client.sink.sendPackets(packets, false);
    if (note?.group) this.#context.slowReaders.groups.onSent(this.#member, packets, note.group, at);
  }

  onGap(count: number, offset: Offset | undefined): void {
    const { slowReaders, log } = this.#context;
    this.#member.client.sink.sendPackets(
      slowReaders.encodeDropped(count, offset, log?.packets.isMarked === true),
      false,
    );
  }

  onGone(size: number, isConflated: boolean, policy: ActivePolicy, offset: Offset | undefined, cameAt: number): void {
    const { id: socket, namespace } = this.#member;
    namespace.journal?.note(namespace, { type: 'dropped', socket, policy: policy.name, offset, cameAt });
    this.#context.slowReaders.table.noteGone(this.#member, size, isConflated, policy.name);
  }

  onUntold(count: number): void {
    this.#context.slowReaders.groups.onUntold(this.#member, count);
  }

  onCaughtUp(): void {
    this.#onCaughtUp();
  }
}
