/**
 * Writes packets of Socket.IO protocol 5: one text, then the bytes that it refers to. socket.io-protocol, "Packet
 * encoding".
 */
import type { Bytes } from '../../base/bytes.js';
import { ConfigError } from '../../base/errors.js';
import { detachBinary, hasBinary } from './binary.js';
import { ACK, BINARY_ACK, BINARY_EVENT, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT } from './packet-type.js';

/** The packet types by their digits on the wire. */
export const PacketType = { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK } as const;

/**
 * The most attachments that socket.io-client's parser accepts in one packet. It closes the connection when there are
 * more.
 */
export const STOCK_ATTACHMENTS_MAX = 10;

/** One packet. A decoder returns EVENT and ACK for their binary forms, with the attachments in place. */
export interface SocketPacket {
  type: number;
  /** The namespace, with a query part if the peer sent one. */
  nsp: string;
  data?: unknown;
  /** The id of the acknowledgement that an event asks for, or that an ACK is. */
  id?: number;
  /** The number of attachments that follow. Present only between the parts of a binary packet. */
  attachments?: number;
}

/**
 * Encodes a packet: its text, then its attachments. An EVENT or ACK with bytes in its data becomes a binary packet.
 * ArrayBuffers and views are attached without a copy. Throws NOT_ENCODABLE for data that JSON cannot hold, that
 * contains itself or has more than 2,000 levels, and for a Blob. The text begins with `mark`, the prefix that the
 * engine chooses.
 */
export function encodePacket(packet: SocketPacket, mark = ''): (string | Bytes)[] {
  const { type, nsp, data, id } = packet;
  const isBinaryType = type >= PacketType.BINARY_EVENT;
  if ((isBinaryType || type === PacketType.EVENT || type === PacketType.ACK) && hasBinary(data)) {
    const attachments: (Bytes | Blob)[] = [];
    const json = encodeJson(detachBinary(data, attachments));
    if (!attachments.every((each): each is Bytes => ArrayBuffer.isView(each))) {
      throw new ConfigError('NOT_ENCODABLE', 'data contains a Blob: send `await blob.arrayBuffer()` instead');
    }
    const head = isBinaryType ? type : type + 3;
    // A toJSON may have dropped all attachments.
    if (attachments.length > 0) {
      return [encodeText(`${mark}${head}${attachments.length}-`, nsp, id, json), ...attachments];
    }
  }
  const json = data === undefined || data === null ? '' : encodeJson(data);
  return [encodeText(`${mark}${isBinaryType ? type - 3 : type}`, nsp, id, json)];
}

/**
 * Builds the text of a packet for a caller that already has the JSON. `head` is the type, followed by `<count>-` in a
 * binary packet.
 */
export function encodeText(head: number | string, nsp: string, id: number | undefined, json: string): string {
  const start = nsp === '/' || nsp === '' ? `${head}` : `${head}${nsp},`;
  return id === undefined || id === null ? start + json : start + id + json;
}

/** Returns the head of an event with so many attachments. */
export function eventHead(attachments: number): number | string {
  return attachments > 0 ? `${PacketType.BINARY_EVENT}${attachments}-` : PacketType.EVENT;
}

/** Encodes `data` as JSON. Throws NOT_ENCODABLE for data that JSON cannot hold. */
export function encodeJson(data: unknown): string {
  // Most acknowledgements are a list of one text. JSON.stringify needs half as much time again for the list as for the
  // text alone.
  if (Array.isArray(data) && data.length === 1 && typeof data[0] === 'string') return `[${JSON.stringify(data[0])}]`;
  try {
    return JSON.stringify(data) ?? '';
  } catch (error) {
    throw new ConfigError('NOT_ENCODABLE', `data cannot be written as JSON: ${(error as Error).message}`);
  }
}
