/**
 * Bounds the bytes and the age of events that wait for a connection. The bundles for `<script>` leave this out to stay
 * small.
 */
import { UnavailableError } from '../../base/errors.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { EVENT } from '../../protocol/socket-io/packet-type.js';
import type { ClientTransport, EngineData } from '../engine/options.js';
import { hasChecks, hasNode } from '../features.js';
import { giveUpAck } from './acks.js';
import type { Ack, EventPacket } from './events.js';
import type { SocketOptions } from './options.js';
import { sizeOf } from './packet-codec.js';

/** A socket with waiting events. */
export interface WaitingSocket {
  readonly io: {
    toUnits(packet: SocketPacket): unknown[];
    readonly timers: { now(): number };
    /** The newest engine. Absent before the first attempt. */
    readonly engine?: { readonly transport?: Pick<ClientTransport, 'check'> };
    emit(name: 'drop', packet: EventPacket): void;
  };
  readonly sendBuffer: readonly EventPacket[];
  readonly acks: Record<number, Ack>;
}

interface Note {
  readonly size: number;
  /** An upper estimate of the bytes that wait, including this event. */
  readonly total: number;
  readonly at: number;
}

const BYTES_MAX = 16 * 1024 * 1024;

const notes = new WeakMap<EventPacket, Note>();

/**
 * Counts an event that is about to wait. Throws UnavailableError DISCONNECTED when it would exceed `bufferBytesMax`,
 * and ConfigError NOT_ENCODABLE when the newest transport cannot carry it.
 */
export function noteWaiting(
  { io, sendBuffer }: WaitingSocket,
  packet: EventPacket,
  { bufferBytesMax = BYTES_MAX }: Pick<SocketOptions, 'bufferBytesMax'>,
): void {
  const units = io.toUnits(packet);
  if (hasNode) checkWire(io, units);
  const size = sizeOf(units);
  let total = (notes.get(sendBuffer.at(-1) as EventPacket)?.total ?? 0) + size;
  // Some of the counted events may have left, so count again.
  if (total > bufferBytesMax) total = sendBuffer.reduce((sum, each) => sum + (notes.get(each)?.size ?? 0), size);
  if (total > bufferBytesMax) {
    const what = hasChecks
      ? `${sendBuffer.length} events with ${total - size} bytes are already waiting (bufferBytesMax)`
      : 'bufferBytesMax';
    throw new UnavailableError('DISCONNECTED', what);
  }
  notes.set(packet, { size, total, at: io.timers.now() });
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
  giveUpAck(
    socket,
    packet.id,
    new UnavailableError('TIMEOUT', hasChecks ? 'the event was dropped (bufferAgeMax)' : 'bufferAgeMax'),
  );
  io.emit('drop', packet);
  return true;
}

/** Throws NOT_ENCODABLE, or the parser's error, for an event that cannot be sent. An acknowledgement is not sent. */
export function checkEncodable({ io, nsp }: Pick<WaitingSocket, 'io'> & { nsp: string }, args: unknown[]): void {
  const data = typeof args.at(-1) === 'function' ? args.slice(0, -1) : args;
  const units = io.toUnits({ type: EVENT, nsp, data });
  if (hasNode) checkWire(io, units);
}

function checkWire({ engine }: WaitingSocket['io'], units: unknown[]): void {
  engine?.transport?.check?.(units as EngineData[]);
}
