/** What an event stream gets of a batch: the events of all its packets in one buffer, which all recipients share. */
import { Buffer } from 'node:buffer';
import { encodeEventData } from '../../protocol/engine-io/event-data.js';
import { NOOP } from '../../protocol/engine-io/packet.js';
import { encodeEvent } from '../../protocol/event-stream/encode.js';
import type { Batch } from '../batch.js';
import type { Unit } from '../encoded-packet.js';

const LINE_END_BYTES = 2;

/** Text of a stream, in the form that a connection of HTTP/1.1 wants, and as it is. */
export class Piece {
  /** As one chunk of the chunked transfer coding. RFC 9112, section 7.1. */
  readonly chunk: Buffer;
  /** Whether the stream ends with it. */
  readonly isLast: boolean;
  readonly #start: number;
  #text: Buffer | undefined = undefined;

  constructor(text: string, isLast = false) {
    const head = `${Buffer.byteLength(text).toString(16)}\r\n`;
    this.chunk = Buffer.from(`${head}${text}\r\n`);
    this.isLast = isLast;
    this.#start = head.length;
  }

  /** The text alone, in UTF-8. */
  get text(): Buffer {
    this.#text ??= this.chunk.subarray(this.#start, this.chunk.byteLength - LINE_END_BYTES);
    return this.#text;
  }
}

/** The units as events. A noop among them is moved to the end, because a client reads nothing behind it. */
export function pieceOf(units: readonly Unit[]): Piece {
  let text = '';
  let isLast = false;
  for (const unit of units) {
    // A noop ends the stream, so the client can ask for another or change over. engine.io-protocol, "Upgrade".
    if (unit === NOOP) isLast = true;
    else text += encodeEvent({ data: encodeEventData(unit) });
  }
  return new Piece(isLast ? text + encodeEvent({ data: NOOP }) : text, isLast);
}

/** All packets of a batch as events. */
export function encodeBatch(batch: Batch): Piece {
  if (batch.count === 1) return pieceOf([batch.packet.unit]);
  return pieceOf(batch.packets().map((packet) => packet.unit));
}
