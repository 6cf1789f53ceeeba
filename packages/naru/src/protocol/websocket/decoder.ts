/**
 * Finds messages and control frames in the chunks of one connection, however the stream is cut. RFC 6455, sections 5
 * and 6.
 */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { copyBytes, keepBytes, sliceAscii, sliceUtf8 } from '../bytes.js';
import { decodeClosePayload } from './close-code.js';
import { FIN, OPCODE, RSV1 } from './frame.js';
import { checkHeader, type DecoderRules, header, readHeader } from './header.js';
import { unmask } from './mask.js';
import { isLent } from './mask-memory.js';
import { badUtf8, compressedBytesMax, PartialMessage, tooBig } from './partial-message.js';
import { isUtf8Range } from './utf8.js';

export type { DecoderRules } from './header.js';

/**
 * Receives the messages and frames of a decoder. One sink may serve many connections: each call gets the context given
 * to `decode`.
 */
export interface FrameSink<Context> {
  /** Takes a whole text message, whose UTF-8 was valid. */
  onText(context: Context, text: string): void;
  /** Takes a whole binary message. The sink may keep the bytes. */
  onBinary(context: Context, data: Bytes): void;
  /** Takes a whole message that is still compressed. The sink may keep the bytes. */
  onCompressed(context: Context, data: Bytes, isText: boolean): void;
  /** Takes a ping. Its payload is valid only during the call. */
  onPing(context: Context, payload: Bytes): void;
  /** Takes a pong. Its payload is valid only during the call. */
  onPong(context: Context, payload: Bytes): void;
  /** Takes a close frame. Nothing after it is read. */
  onCloseFrame(context: Context, code: number, reason: string): void;
  /** Called when the stream broke a rule. Nothing after this is read. */
  onViolation(context: Context, error: ProtocolError): void;
}

const HALTED = 1;
const ENDED = 2;

/**
 * The receiving half of one connection. It unmasks in place, so it owns the chunks that it is given. It keeps no part
 * of a chunk in the mask memory. Between two whole messages it holds no memory but its own four fields. After a
 * violation, a close frame or `end` it takes no more bytes.
 */
export class FrameDecoder {
  readonly #rules: DecoderRules;
  #partial: PartialMessage | undefined = undefined;
  #flags = 0;
  /** The index in the chunk after the last frame that was delivered. Continue there if the sink threw. */
  offset = 0;

  constructor(rules: DecoderRules) {
    this.#rules = rules;
  }

  /** Whether nothing more will be read: after a violation, a close frame or `end`. */
  get isEnded(): boolean {
    return (this.#flags & ENDED) !== 0;
  }

  /** Whether a frame or a message has begun and is not complete. */
  get isInside(): boolean {
    return this.#partial !== undefined;
  }

  /** Makes `decode` return after the current message. The caller keeps the rest of the chunk. */
  halt(): void {
    this.#flags |= HALTED;
  }

  /** Lets `decode` read again after `halt`. */
  resume(): void {
    this.#flags &= ~HALTED;
  }

  /** Ends reading for good and releases the incomplete message. */
  end(): void {
    this.#flags |= ENDED;
    this.#partial = undefined;
  }

  /**
   * Reads `chunk` from `start` on and returns the index where it stopped: the end of the chunk, unless it was halted or
   * has ended.
   */
  decode<Context>(chunk: Bytes, start: number, sink: FrameSink<Context>, context: Context): number {
    const end = chunk.byteLength;
    let at = start;
    while (this.#flags === 0 && at < end) {
      const partial = this.#partial;
      at =
        partial === undefined
          ? this.#wholeFrames(chunk, at, sink, context)
          : this.#pieces(partial, chunk, at, sink, context);
    }
    return at;
  }

  /** Delivers frames that the chunk contains completely. An incomplete frame or a fragment starts a partial message. */
  #wholeFrames<Context>(chunk: Bytes, start: number, sink: FrameSink<Context>, context: Context): number {
    const end = chunk.byteLength;
    let at = start;
    while (at < end) {
      const headerSize = readHeader(chunk, at, end);
      const error = checkHeader(chunk, at, end, this.#rules, 0);
      if (error !== undefined) return this.#violate(error, end, sink, context);
      const first = header.first;
      const size = header.payloadSize;
      const payloadAt = at + headerSize;
      const next = payloadAt + size;
      if (headerSize === 0 || next > end || first < FIN) {
        this.#partial = new PartialMessage();
        return at;
      }
      if ((first & 0x0f) < OPCODE.close && size > this.#rules.messageBytesMax && !this.#fits(first, size)) {
        return this.#violate(tooBig(this.#rules.messageBytesMax, this.#rules.limitName), end, sink, context);
      }
      this.offset = next;
      this.#deliverWhole(chunk, payloadAt, next, first, sink, context);
      at = next;
      if (this.#flags !== 0) break;
    }
    return at;
  }

  #deliverWhole<Context>(
    chunk: Bytes,
    start: number,
    end: number,
    first: number,
    sink: FrameSink<Context>,
    context: Context,
  ): void {
    const isAscii = this.#rules.isMasked && unmask(chunk, start, end, header.key);
    if (first === (FIN | OPCODE.text)) {
      if (isAscii) sink.onText(context, sliceAscii(chunk, start, end));
      else this.#deliverText(chunk, start, end, sink, context);
    } else if (first === (FIN | OPCODE.binary)) {
      sink.onBinary(context, ownBytes(chunk, start, end));
    } else if ((first & 0x08) !== 0) {
      this.#deliverControl(first & 0x0f, chunk.subarray(start, end), sink, context);
    } else {
      sink.onCompressed(context, ownBytes(chunk, start, end), (first & 0x0f) === OPCODE.text);
    }
  }

  #deliverText<Context>(bytes: Bytes, start: number, end: number, sink: FrameSink<Context>, context: Context): void {
    const text = sliceUtf8(bytes, start, end);
    // Invalid UTF-8 shows as U+FFFD, so only a text with that character needs a check of its bytes.
    if (text.includes('\ufffd') && !isUtf8Range(bytes, start, end, this.#rules.isUtf8)) {
      this.#violate(badUtf8(), 0, sink, context);
    } else sink.onText(context, text);
  }

  #deliverControl<Context>(opcode: number, payload: Bytes, sink: FrameSink<Context>, context: Context): void {
    if (opcode === OPCODE.ping) sink.onPing(context, payload);
    else if (opcode === OPCODE.pong) sink.onPong(context, payload);
    else {
      const status = decodeClosePayload(payload);
      if (status instanceof ProtocolError) this.#violate(status, 0, sink, context);
      else {
        this.end();
        sink.onCloseFrame(context, status.code, status.reason);
      }
    }
  }

  /** Reads a part of the partial message: a header or some payload. */
  #pieces<Context>(
    partial: PartialMessage,
    chunk: Bytes,
    start: number,
    sink: FrameSink<Context>,
    context: Context,
  ): number {
    const end = chunk.byteLength;
    let at = start;
    if (!partial.isInFrame) {
      at = partial.takeHeader(chunk, start, this.#rules);
      const error = partial.error;
      if (error !== undefined) return this.#violate(error, end, sink, context);
      if (!partial.isInFrame) return at;
    }
    at = partial.takePayload(chunk, at, this.#rules);
    if (partial.error !== undefined) return this.#violate(partial.error, end, sink, context);
    if (partial.remaining > 0) return at;
    this.offset = at;
    this.#finishFrame(partial, sink, context);
    return at;
  }

  #finishFrame<Context>(partial: PartialMessage, sink: FrameSink<Context>, context: Context): void {
    const control = partial.takeControl();
    const isWhole = control === undefined && partial.endFrame();
    // Release the message first: the sink may throw, and by then the frame must count as read.
    if (isWhole || partial.opcode === 0) this.#partial = undefined;
    if (control !== undefined) this.#deliverControl(partial.first & 0x0f, control, sink, context);
    else if (isWhole) {
      if (partial.isCompressed) sink.onCompressed(context, partial.takeBytes(), partial.opcode === OPCODE.text);
      else if (partial.opcode === OPCODE.binary) sink.onBinary(context, partial.takeBytes());
      else if (!partial.isUtf8Complete) this.#violate(badUtf8(), 0, sink, context);
      else sink.onText(context, partial.takeText());
    }
  }

  #fits(first: number, size: number): boolean {
    return (first & RSV1) !== 0 && size <= compressedBytesMax(this.#rules);
  }

  #violate<Context>(error: ProtocolError, end: number, sink: FrameSink<Context>, context: Context): number {
    this.end();
    this.offset = end;
    sink.onViolation(context, error);
    return end;
  }
}

/** Returns a range that the receiver may keep. */
function ownBytes(chunk: Bytes, start: number, end: number): Bytes {
  return isLent(chunk) ? copyBytes(chunk, start, end) : keepBytes(chunk, start, end);
}
