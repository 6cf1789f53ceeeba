/**
 * Bounds the bytes and the age of events that wait for a connection. The bundles for `<script>` leave this out to stay
 * small.
 */
import { UnavailableError } from '../../base/errors.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Parser } from '../../protocol/socket-io/parser.js';
import { giveUpAck } from './acks.js';
import type { Ack, EventPacket } from './events.js';
import type { SocketOptions } from './options.js';
import { encodePacket } from './packet-codec.js';

/** A socket with waiting events. */
export interface WaitingSocket {
  readonly io: {
    readonly opts: { readonly parser?: unknown };
    readonly timers: { now(): number };
    emit(name: 'drop', packet: EventPacket): void;
  };
  readonly sendBuffer: readonly EventPacket[];
  readonly acks: Record<number, Ack>;
}

interface Note {
  readonly size: number;
  readonly at: number;
}

const BYTES_MAX = 16 * 1024 * 1024;

const notes = new WeakMap<EventPacket, Note>();
/** An upper estimate of the bytes that wait for each socket. */
const bytesOf = new WeakMap<WaitingSocket, number>();

/**
 * Counts an event that is about to wait. Throws UnavailableError DISCONNECTED when it would exceed `bufferBytesMax`.
 */
export function noteWaiting(
  socket: WaitingSocket,
  packet: EventPacket,
  { bufferBytesMax = BYTES_MAX }: Pick<SocketOptions, 'bufferBytesMax'>,
): void {
  const { io, sendBuffer } = socket;
  const size = sizeOf(packet, io.opts.parser as Parser | undefined);
  let bytes = (bytesOf.get(socket) ?? 0) + size;
  // Some of the counted events may have been sent, so count again.
  if (bytes > bufferBytesMax) bytes = sendBuffer.reduce((sum, each) => sum + (notes.get(each)?.size ?? 0), size);
  if (bytes > bufferBytesMax) {
    const message = `${sendBuffer.length} events with ${bytes - size} bytes are already waiting (bufferBytesMax)`;
    throw new UnavailableError('DISCONNECTED', message);
  }
  bytesOf.set(socket, bytes);
  notes.set(packet, { size, at: io.timers.now() });
}

/**
 * Drops an event that has waited for longer than `bufferAgeMax` milliseconds, and reports it. Returns whether it did.
 */
export function dropIfOld(
  socket: WaitingSocket,
  packet: EventPacket,
  { bufferAgeMax = Number.POSITIVE_INFINITY }: Pick<SocketOptions, 'bufferAgeMax'>,
): boolean {
  const { io } = socket;
  const now = io.timers.now();
  if (now - (notes.get(packet)?.at ?? now) <= bufferAgeMax) return false;
  giveUpAck(socket, packet.id, new UnavailableError('TIMEOUT', 'the event was dropped (bufferAgeMax)'));
  io.emit('drop', packet);
  return true;
}

/**
 * Returns the bytes of an event as it would be sent. Throws NOT_ENCODABLE, or the parser's error, for data that cannot
 * be sent.
 */
export function sizeOf(packet: SocketPacket, parser?: Parser): number {
  const { data } = packet as { data: unknown[] };
  // The acknowledgement is not sent.
  const sent = { ...packet, data: typeof data.at(-1) === 'function' ? data.slice(0, -1) : data };
  let size = 0;
  for (const unit of parser ? new parser.Encoder().encode(sent) : encodePacket(sent)) {
    const { byteLength, size: blobSize, length = 0 } = unit as Partial<Uint8Array & Blob>;
    size += byteLength ?? blobSize ?? length;
  }
  return size;
}
