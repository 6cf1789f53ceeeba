/** Bounds what waits for a connection in bytes and age. Not in the bundles for `<script>`, which have no room for it. */
import { UnavailableError } from '../../base/errors.js';
import type { Parser } from '../../protocol/socket-io/parser.js';
import type { Ack, EventPacket } from './events.js';
import type { SocketOptions } from './options.js';
import { encodePacket } from './packet-codec.js';

/** A socket whose events wait. */
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
/** At least the bytes that wait for a socket. */
const bytesOf = new WeakMap<WaitingSocket, number>();

/** An event is about to wait. Throws UnavailableError DISCONNECTED where `bufferBytesMax` bytes would be exceeded. */
export function noteWaiting(
  socket: WaitingSocket,
  packet: EventPacket,
  { bufferBytesMax = BYTES_MAX }: Pick<SocketOptions, 'bufferBytesMax'>,
): void {
  const { io, sendBuffer } = socket;
  const size = sizeOf(packet, io.opts.parser as Parser | undefined);
  let bytes = (bytesOf.get(socket) ?? 0) + size;
  // Some of what was counted may have gone.
  if (bytes > bufferBytesMax) bytes = sendBuffer.reduce((sum, each) => sum + (notes.get(each)?.size ?? 0), size);
  if (bytes > bufferBytesMax) {
    const message = `${sendBuffer.length} events with ${bytes - size} bytes wait already (bufferBytesMax)`;
    throw new UnavailableError('DISCONNECTED', message);
  }
  bytesOf.set(socket, bytes);
  notes.set(packet, { size, at: io.timers.now() });
}

/** Gives up an event that has waited for longer than `bufferAgeMax` milliseconds, and says so; `true` where it has. */
export function dropIfOld(
  socket: WaitingSocket,
  packet: EventPacket,
  { bufferAgeMax = Number.POSITIVE_INFINITY }: Pick<SocketOptions, 'bufferAgeMax'>,
): boolean {
  const { io, acks } = socket;
  const now = io.timers.now();
  if (now - (notes.get(packet)?.at ?? now) <= bufferAgeMax) return false;
  const ack = acks[packet.id as number];
  delete acks[packet.id as number];
  if (ack?.takesError) ack.call(socket, new UnavailableError('TIMEOUT', 'the event was given up (bufferAgeMax)'));
  io.emit('drop', packet);
  return true;
}

/** Bytes of an event as it would be sent. What cannot be sent is found out when it is. */
function sizeOf(packet: EventPacket, parser: Parser | undefined): number {
  const { data } = packet;
  // The acknowledgement is not sent.
  const sent = { ...packet, data: data.filter((item) => typeof item !== 'function') };
  let size = 0;
  try {
    const units = parser ? new parser.Encoder().encode(sent) : encodePacket(sent);
    for (const unit of units) {
      const { byteLength, size: blobSize, length = 0 } = unit as Partial<Uint8Array & Blob>;
      size += byteLength ?? blobSize ?? length;
    }
  } catch {
    return 0;
  }
  return size;
}
