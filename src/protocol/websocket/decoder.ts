/** Turns the chunks of one connection into messages and control frames, however the stream is cut. RFC 6455, sections 5 and 6. */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { keepBytes, sliceAscii, sliceUtf8 } from '../bytes.js';
import { decodeClosePayload } from './close-code.js';
import { FIN, OPCODE, RSV1 } from './frame.js';
import { checkHeader, type DecoderRules, header, readHeader } from './header.js';
import { unmask } from './mask.js';
import { badUtf8, compressedBytesMax, PartialMessage, tooBig } from './partial-message.js';
import { isUtf8Range } from './utf8.js';

export type { DecoderRules } from './header.js';

/** Where a decoder puts what it found. One object may serve every connection: each call names the context given to `decode`. */
export interface FrameSink<Context> {
  /** A whole text message; its UTF-8 is valid. */
  onText(context: Context, text: string): void;
  /** A whole binary message, safe to keep. */
  onBinary(context: Context, data: Bytes): void;
  /** A whole compressed message, still compressed, safe to keep. */
  onCompressed(context: Context, data: Bytes, isText: boolean): void;
  /** A ping. Its payload is valid during the call only. */
  onPing(context: Context, payload: Bytes): void;
  /** A pong. Its payload is valid during the call only. */
  onPong(context: Context, payload: Bytes): void;
  /** A close frame: nothing after it is read. */
  onCloseFrame(context: Context, code: number, reason: string): void;
  /** The stream broke a rule: nothing after it is read. */
  onViolation(context: Context, error: ProtocolError): void;
}

const HALTED = 1;
const ENDED = 2;

/**
 * The receiving half of one connection. It unmasks in place, so chunks given to it belong to it.
 * Between two whole messages it holds no memory but its own four fields.
 * After a violation, a close frame or `end` it stays ended and takes no more bytes.
 */
export class FrameDecoder {
  readonly #rules: DecoderRules;
  #partial: PartialMessage | undefined = undefined;
  #flags = 0;
  /** The index in the chunk after what was given to the sink last; where to go on when the sink threw. */
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

  /** Makes `decode` return after the message that is being delivered; the rest of the chunk stays with the caller. */
  halt(): void {
    this.#flags |= HALTED;
  }

  /** Lets `decode` read again after `halt`. */
  resume(): void {
    this.#flags &= ~HALTED;
  }

  /** Ends reading for good and lets go of what was held. */
  end(): void {
    this.#flags |= ENDED;
    this.#partial = undefined;
  }

  /** Reads `chunk` from `start` and returns the index it got to: the end of the chunk, unless it was halted or has ended. */
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

  /** Delivers frames that lie whole in the chunk; a frame that does not, or is a fragment, becomes the partial message. */
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
        return this.#violate(tooBig(this.#rules.messageBytesMax), end, sink, context);
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
      sink.onBinary(context, keepBytes(chunk, start, end));
    } else if ((first & 0x08) !== 0) {
      this.#deliverControl(first & 0x0f, chunk.subarray(start, end), sink, context);
    } else {
      sink.onCompressed(context, keepBytes(chunk, start, end), (first & 0x0f) === OPCODE.text);
    }
  }

  #deliverText<Context>(bytes: Bytes, start: number, end: number, sink: FrameSink<Context>, context: Context): void {
    const text = sliceUtf8(bytes, start, end);
    // What is not UTF-8 shows as U+FFFD; only where that is seen does it pay to look at the bytes.
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

  /** Reads one more piece, a header or some payload, of the partial message. */
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
    // Let go first: the sink may throw, and must find the state of a frame that is over.
    if (isWhole || partial.opcode === 0) this.#partial = undefined;
    if (control !== undefined) this.#deliverControl(partial.first & 0x0f, control, sink, context);
    else if (isWhole) {
      const body = partial.takeBody();
      if (partial.isCompressed) sink.onCompressed(context, body, partial.opcode === OPCODE.text);
      else if (partial.opcode === OPCODE.binary) sink.onBinary(context, body);
      else if (!partial.isUtf8Complete) this.#violate(badUtf8(), 0, sink, context);
      else if (partial.isAscii) sink.onText(context, sliceAscii(body, 0, body.byteLength));
      else sink.onText(context, sliceUtf8(body, 0, body.byteLength));
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
