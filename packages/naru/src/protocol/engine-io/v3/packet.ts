/**
 * Packets of Engine.IO 3, which clients of Socket.IO 2 speak. They differ from version 4 in the type byte before binary
 * data.
 */
import { type Bytes, decodeBase64, encodeBase64 } from '../../../base/bytes.js';
import { ProtocolError } from '../../../base/errors.js';
import { ENGINE_PACKET_TYPES, type EnginePacket, packetTypeOf } from '../packet.js';

/** Encodes a packet as a WebSocket carries it: text, or a type byte and the bytes. */
export function encodePacket(packet: EnginePacket): string | Bytes {
  const type = ENGINE_PACKET_TYPES.indexOf(packet.type);
  const { data } = packet;
  if (data === undefined || typeof data === 'string') return type + (data ?? '');
  const unit = new Uint8Array(data.byteLength + 1);
  unit[0] = type;
  unit.set(data, 1);
  return unit;
}

/** Decodes a unit of a WebSocket, including base64 text (`b4...`). Throws EIO_BAD_PACKET. */
export function decodePacket(unit: string | Bytes): EnginePacket {
  if (typeof unit === 'string') {
    if (unit[0] !== 'b') {
      const type = packetTypeOf(unit);
      if (type) return unit.length > 1 ? { type, data: unit.slice(1) } : { type };
      throw new ProtocolError('EIO_BAD_PACKET', 'unknown packet type');
    }
    return decodePacket(decodeBase64Unit(unit));
  }
  const type = ENGINE_PACKET_TYPES[unit[0] ?? -1];
  if (!type) throw new ProtocolError('EIO_BAD_PACKET', 'unknown packet type');
  return { type, data: unit.subarray(1) };
}

/** Writes a binary unit as text, for clients that do not take bytes: `b`, the digit of the type, base64. */
export function encodeBase64Unit(unit: Bytes): string {
  return `b${unit[0]}${encodeBase64(unit.subarray(1))}`;
}

/** Reads the text of `encodeBase64Unit` as a binary unit. Throws EIO_BAD_PACKET. */
export function decodeBase64Unit(text: string): Bytes {
  const type = text.charCodeAt(1) - 48;
  const data = ENGINE_PACKET_TYPES[type] && decodeBase64(text.slice(2));
  if (!data) throw new ProtocolError('EIO_BAD_PACKET', 'unknown packet type or bad base64');
  const unit = new Uint8Array(data.byteLength + 1);
  unit[0] = type;
  unit.set(data, 1);
  return unit;
}
