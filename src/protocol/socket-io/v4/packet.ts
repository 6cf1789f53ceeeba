/** Protocol 4 of Socket.IO, which clients of version 2 speak: where its packets differ from those of protocol 5. */
import type { Bytes } from '../../../base/bytes.js';
import { acceptsData, type DecoderLimits, PacketDecoder } from '../decoder.js';
import { encodePacket as encodePacketV5, PacketType, type SocketPacket } from '../packet.js';

/** CONNECT_ERROR of protocol 5 is called ERROR here and carries any JSON. */
export const ERROR = PacketType.CONNECT_ERROR;

/** A namespace and the query behind it. */
export interface NamespaceQuery {
  readonly nsp: string;
  /** A name that comes more than once has an array. Own properties only. */
  readonly query: Record<string, string | string[]>;
}

/** Encodes a packet: CONNECT carries no data, the rest is as in protocol 5. The text begins with `mark`. */
export function encodePacket(packet: SocketPacket, mark?: string): (string | Bytes)[] {
  return encodePacketV5(packet.type === PacketType.CONNECT ? { type: packet.type, nsp: packet.nsp } : packet, mark);
}

/** A decoder for this dialect: ERROR may carry any JSON or nothing, CONNECT an object or null, a binary packet no attachment. */
export function createDecoder(limits: DecoderLimits = {}): PacketDecoder {
  return new PacketDecoder({ ...limits, attachmentsMin: 0, accepts });
}

/** Parts the namespace of a CONNECT, `/admin?token=1`, which is how this dialect carries what `auth` does in protocol 5. */
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
