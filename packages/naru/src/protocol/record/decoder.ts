/** Finds the records in the chunks of one byte stream, however it is cut. engine.io-protocol, "WebTransport". */
import { type Bytes, encodeUtf8 } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { allocateOwnBytes, keepBytes, sliceUtf8 } from '../bytes.js';
import { RECORD_HEADER_BYTES_MAX, readRecordHeader, recordHeader } from './header.js';

/**
 * Receives the records of a decoder. One sink may serve many streams: each call gets the context given to `decode`. A
 * sink must not throw.
 */
export interface RecordSink<Context> {
  /** Takes a whole record: valid text, or bytes that the sink may keep. Either may be empty. */
  onUnit(context: Context, unit: string | Bytes): void;
  /** Called when the stream broke a rule. Nothing after this is read. */
  onViolation(context: Context, error: ProtocolError): void;
}

// A peer that announces a large record must not make us allocate all of it at once. We allocate at most this many
// bytes, or this many times the received bytes, whichever is more.
const HELD_BYTES_FIRST = 4096;
const HELD_GROWTH = 4;

/**
 * The receiving half of one stream. A record over the limit is refused as soon as its header is complete, before any of
 * its payload is kept. Between two whole records the decoder holds no memory but its own fields. After a violation or
 * `end` it takes no more bytes.
 */
export class RecordDecoder {
  readonly #bytesMax: number;
  /** The received part of an incomplete record with its header. `undefined` between two records. */
  #held: Bytes | undefined = undefined;
  #heldSize = 0;
  /** The size of that record with its header. 0 while the header is incomplete. */
  #wholeSize = 0;
  #isEnded = false;

  /** `bytesMax` is the maximum size of a record's payload in bytes. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether nothing more will be read. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether a record has begun and is not complete. */
  get isInside(): boolean {
    return this.#held !== undefined;
  }

  /** Ends reading for good and releases the incomplete record. */
  end(): void {
    this.#isEnded = true;
    this.#held = undefined;
  }

  /** Reads `chunk` from `start` on, until its end or until reading ends. */
  decode<Context>(chunk: Bytes, start: number, sink: RecordSink<Context>, context: Context): void {
    const end = chunk.byteLength;
    let at = start;
    while (at < end && !this.#isEnded) {
      at = this.#held ? this.#hold(this.#held, chunk, at, sink, context) : this.#whole(chunk, at, sink, context);
    }
  }

  /** Delivers the record at `at` if the chunk contains all of it. Otherwise the record is held from here on. */
  #whole<Context>(chunk: Bytes, at: number, sink: RecordSink<Context>, context: Context): number {
    const end = chunk.byteLength;
    const headerSize = readRecordHeader(chunk, at, end);
    const payloadAt = at + headerSize;
    if (headerSize > 0 && !this.#isTooBig(sink, context)) {
      const next = payloadAt + recordHeader.payloadSize;
      if (next <= end) {
        this.#deliver(chunk, payloadAt, next, sink, context);
        return next;
      }
    }
    if (!this.#isEnded) this.#held = allocateOwnBytes(RECORD_HEADER_BYTES_MAX);
    this.#heldSize = 0;
    this.#wholeSize = 0;
    return at;
  }

  /** Adds bytes to the incomplete record and delivers the record when it is complete. */
  #hold<Context>(held: Bytes, chunk: Bytes, start: number, sink: RecordSink<Context>, context: Context): number {
    let at = start;
    let bytes = held;
    if (this.#wholeSize === 0) {
      bytes[this.#heldSize] = chunk[at] as number;
      this.#heldSize += 1;
      at += 1;
      const headerSize = readRecordHeader(bytes, 0, this.#heldSize);
      if (headerSize === 0 || this.#isTooBig(sink, context)) return at;
      this.#wholeSize = headerSize + recordHeader.payloadSize;
    } else {
      const next = Math.min(chunk.byteLength, at + this.#wholeSize - this.#heldSize);
      bytes = this.#grow(bytes, this.#heldSize + next - at);
      bytes.set(chunk.subarray(at, next), this.#heldSize);
      this.#heldSize += next - at;
      at = next;
    }
    if (this.#heldSize < this.#wholeSize) return at;
    this.#held = undefined;
    this.#deliver(bytes, readRecordHeader(bytes, 0, this.#wholeSize), this.#wholeSize, sink, context);
    return at;
  }

  #grow(bytes: Bytes, size: number): Bytes {
    if (size <= bytes.byteLength) return bytes;
    const grown = allocateOwnBytes(
      Math.max(size, Math.min(this.#wholeSize, Math.max(HELD_BYTES_FIRST, HELD_GROWTH * size))),
    );
    grown.set(bytes.subarray(0, this.#heldSize));
    this.#held = grown;
    return grown;
  }

  /** Delivers the payload whose header was read last. */
  #deliver<Context>(bytes: Bytes, start: number, end: number, sink: RecordSink<Context>, context: Context): void {
    if (recordHeader.isBinary) {
      sink.onUnit(context, keepBytes(bytes, start, end));
      return;
    }
    const text = sliceUtf8(bytes, start, end);
    // Invalid UTF-8 shows as U+FFFD, so only a text with that character needs a check of its bytes.
    if (text.includes('\ufffd') && !isSame(encodeUtf8(text), bytes, start, end)) {
      this.#violate(new ProtocolError('RECORD_BAD_UTF8', 'a text record is not UTF-8'), sink, context);
    } else sink.onUnit(context, text);
  }

  #isTooBig<Context>(sink: RecordSink<Context>, context: Context): boolean {
    if (recordHeader.payloadSize <= this.#bytesMax) return false;
    const message = `record exceeds the limit of ${this.#bytesMax} bytes`;
    this.#violate(new ProtocolError('RECORD_TOO_BIG', message), sink, context);
    return true;
  }

  #violate<Context>(error: ProtocolError, sink: RecordSink<Context>, context: Context): void {
    this.end();
    sink.onViolation(context, error);
  }
}

/** Whether encoding the text again results in the same bytes, which is true only of valid UTF-8. */
function isSame(encoded: Bytes, bytes: Bytes, start: number, end: number): boolean {
  if (encoded.byteLength !== end - start) return false;
  for (let at = start; at < end; at += 1) if (encoded[at - start] !== bytes[at]) return false;
  return true;
}
