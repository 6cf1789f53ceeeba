/** Packets of Socket.IO protocol 4, which clients of version 2 speak, where they differ from protocol 5. */
import type { Bytes } from '../../../base/bytes.js';
import { acceptsData, type DecoderLimits, PacketDecoder } from '../decoder.js';
import { encodePacket as encodePacketV5, PacketType, type SocketPacket } from '../packet.js';

/** The type that protocol 5 calls CONNECT_ERROR. In protocol 4 it carries any JSON. */
export const ERROR = PacketType.CONNECT_ERROR;

/** A namespace and its query. */
export interface NamespaceQuery {
  readonly nsp: string;
  /** The values by name. A repeated name has an array. All are own properties. */
  readonly query: Record<string, string | string[]>;
}

/** Encodes a packet as protocol 5 does, but without the data of a CONNECT. The text begins with `mark`. */
export function encodePacket(packet: SocketPacket, mark?: string): (string | Bytes)[] {
  return encodePacketV5(packet.type === PacketType.CONNECT ? { type: packet.type, nsp: packet.nsp } : packet, mark);
}

/**
 * Creates a decoder for protocol 4. ERROR may carry any JSON or nothing, CONNECT an object or null, and a binary packet
 * zero attachments.
 */
export function createDecoder(limits: DecoderLimits = {}): PacketDecoder {
  return new PacketDecoder({ ...limits, attachmentsMin: 0, accepts });
}

/**
 * Splits the namespace of a CONNECT, such as `/admin?token=1`. Protocol 4 sends credentials in this query, protocol 5
 * in `auth`.
 */
export function splitNamespace(nsp: string): NamespaceQuery {
  const mark = nsp.indexOf('?');
  if (mark < 0) return { nsp, query: {} };
  const values = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(nsp.slice(mark + 1))) {
    const before = values.get(name);
    if (before === undefined) values.set(name, value);
    else if (typeof before === 'string') values.set(name, [before, value]);
    else before.push(value);
  }
  return { nsp: nsp.slice(0, mark), query: Object.fromEntries(values) };
}

function accepts(type: number, data: unknown): boolean {
  if (type === ERROR) return true;
  return acceptsData(type, type === PacketType.CONNECT && data === null ? undefined : data);
}
