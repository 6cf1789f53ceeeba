/** Encodes a packet list for event streams: the events of all packets in one buffer, which all recipients share. */
import { Buffer } from 'node:buffer';
import { encodeEventData } from '../../protocol/engine-io/event-data.js';
import { NOOP } from '../../protocol/engine-io/packet.js';
import { encodeEvent } from '../../protocol/event-stream/encode.js';
import type { Unit } from '../encoded-packet.js';
import type { PacketList } from '../packet-list.js';

const LINE_END_BYTES = 2;

/** A piece of a stream's text, as an HTTP/1.1 chunk and without framing. */
export class Piece {
  /** The text as one chunk of the chunked transfer coding. RFC 9112, section 7.1. */
  readonly chunk: Buffer;
  /** Whether the stream ends after this piece. */
  readonly isLast: boolean;
  readonly #start: number;
  #text: Buffer | undefined = undefined;

  constructor(text: string, isLast = false) {
    const head = `${Buffer.byteLength(text).toString(16)}\r\n`;
    this.chunk = Buffer.from(`${head}${text}\r\n`);
    this.isLast = isLast;
    this.#start = head.length;
  }

  /** The text without framing, in UTF-8. */
  get text(): Buffer {
    this.#text ??= this.chunk.subarray(this.#start, this.chunk.byteLength - LINE_END_BYTES);
    return this.#text;
  }
}

/** Returns the units as events. A noop is moved to the end, because clients stop reading after it. */
export function pieceOf(units: readonly Unit[]): Piece {
  let text = '';
  let isLast = false;
  for (const unit of units) {
    // A noop ends the stream, so that the client can request another or change over. engine.io-protocol, "Upgrade".
    if (unit === NOOP) isLast = true;
    else text += encodeEvent({ data: encodeEventData(unit) });
  }
  return new Piece(isLast ? text + encodeEvent({ data: NOOP }) : text, isLast);
}

/** Returns all packets of a list as events. */
export function encodeList(list: PacketList): Piece {
  return pieceOf(list.count === 1 ? [list.packet.unit] : list.packets().map((packet) => packet.unit));
}
