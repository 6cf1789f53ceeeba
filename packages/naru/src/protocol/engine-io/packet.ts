/**
 * Packets of Engine.IO 4: one unit of a WebSocket, or one part of a long-polling body. engine.io-protocol, "Packet
 * encoding".
 */
import { type Bytes, decodeBase64 } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';

/** The packet types in the order of their digits on the wire. */
export const ENGINE_PACKET_TYPES = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'] as const;

/** The type of a packet. */
export type EnginePacketType = (typeof ENGINE_PACKET_TYPES)[number];

/** The digit that begins a packet of the type `open`. A packet without data is the digit alone. */
export const OPEN = '0';
/** The digit that begins a packet of the type `close`. */
export const CLOSE = '1';
/** The digit that begins a packet of the type `ping`. */
export const PING = '2';
/** The digit that begins a packet of the type `pong`. */
export const PONG = '3';
/** The digit that begins a packet of the type `message`. */
export const MESSAGE = '4';
/** The digit that begins a packet of the type `upgrade`. */
export const UPGRADE = '5';
/** The digit that begins a packet of the type `noop`. */
export const NOOP = '6';

/** Returns the type of a text packet by its first character, or `undefined` for an unknown type. */
export function packetTypeOf(text: string): EnginePacketType | undefined {
  return ENGINE_PACKET_TYPES[text.charCodeAt(0) - 48];
}

/** One packet. Only a message can carry bytes. */
export interface EnginePacket {
  readonly type: EnginePacketType;
  readonly data?: string | Bytes | undefined;
}

/**
 * Decodes a unit of a WebSocket. Text that starts with `b` is a binary message in base64, which a client that forces
 * base64 also sends on a WebSocket. Throws EIO_BAD_PACKET for a missing or unknown type and for bad base64.
 */
export function decodePacket(data: string | Bytes): EnginePacket {
  const isText = typeof data === 'string';
  const type = isText && ENGINE_PACKET_TYPES[data[0] as unknown as number];
  if (type) return { type, data: data.slice(1) || undefined };
  const bytes = isText ? data[0] === 'b' && decodeBase64(data.slice(1)) : data;
  if (bytes) return { type: 'message', data: bytes };
  throw new ProtocolError('EIO_BAD_PACKET', 'unknown packet type or bad base64');
}
