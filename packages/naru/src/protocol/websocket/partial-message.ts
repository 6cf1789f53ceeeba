/** An incomplete message: a part of a header, a part of a payload, or fragments before the last one. */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { allocateOwnBytes, copyBytes, sliceAscii, sliceUtf8 } from '../bytes.js';
import { giveBody, takeBody } from './bodies.js';
import { FIN, OPCODE, RSV1 } from './frame.js';
import { checkHeader, type DecoderRules, HEADER_BYTES_MAX, header, readHeader } from './header.js';
import { rotateKey, unmask } from './mask.js';
import { UTF8_INVALID, UTF8_START, validateUtf8 } from './utf8.js';

// A peer that announces a large message must not make us allocate all of it at once. We allocate at most this many
// bytes, or this many times the received bytes, whichever is more.
const BODY_BYTES_FIRST = 4096;
const BODY_GROWTH = 4;

const EMPTY = allocateOwnBytes(0);

/**
 * An incomplete frame or message. Invariants: it exists only while something is incomplete. `opcode` is 0 exactly while
 * no data message is open. `remaining` bytes of the frame are missing while `isInFrame` is true.
 */
export class PartialMessage {
  /** The first byte of the current frame. */
  first = 0;
  /** Whether the header is complete and the payload is not. */
  isInFrame = false;
  /** The missing bytes of the frame's payload. */
  remaining = 0;
  /** The opcode of the open data message, or 0. */
  opcode = 0;
  isCompressed = false;
  isAscii = true;
  /** The first rule that was broken. */
  error: ProtocolError | undefined = undefined;
  #key = 0;
  #utf8 = UTF8_START;
  #fragments = 0;
  #body: Bytes = EMPTY;
  #size = 0;
  /** Whether the body has its final size and belongs to this message alone. */
  #isOwn = false;
  #header: Bytes | undefined = undefined;
  #headerSize = 0;
  #control: Bytes | undefined = undefined;
  #controlSize = 0;

  /** Whether the text so far ends between two characters. */
  get isUtf8Complete(): boolean {
    return this.#utf8 === UTF8_START;
  }

  /** Reads a header or a part of it and returns the index after it. A complete header opens a frame. */
  takeHeader(chunk: Bytes, start: number, rules: DecoderRules): number {
    const end = chunk.byteLength;
    if (this.#headerSize === 0) {
      const size = readHeader(chunk, start, end);
      this.error = checkHeader(chunk, start, end, rules, this.opcode);
      if (this.error !== undefined) return end;
      if (size > 0) {
        this.#openFrame(rules);
        return start + size;
      }
    }
    this.#header ??= allocateOwnBytes(HEADER_BYTES_MAX);
    let at = start;
    while (at < end && !this.isInFrame) {
      this.#header[this.#headerSize] = chunk[at] as number;
      this.#headerSize += 1;
      at += 1;
      const size = readHeader(this.#header, 0, this.#headerSize);
      this.error = checkHeader(this.#header, 0, this.#headerSize, rules, this.opcode);
      if (this.error !== undefined) return end;
      if (size > 0) this.#openFrame(rules);
    }
    return at;
  }

  /** Reads payload of the open frame and returns the index after it. */
  takePayload(chunk: Bytes, start: number, rules: DecoderRules): number {
    const end = Math.min(chunk.byteLength, start + this.remaining);
    const size = end - start;
    if (size === 0) return start;
    const isAscii = rules.isMasked && unmask(chunk, start, end, this.#key);
    if (rules.isMasked) this.#key = rotateKey(this.#key, size);
    if (this.#control !== undefined) {
      this.#control.set(chunk.subarray(start, end), this.#controlSize);
      this.#controlSize += size;
    } else {
      if (this.opcode === OPCODE.text && !this.isCompressed) this.#checkText(chunk, start, end, isAscii, rules);
      if (this.error !== undefined) return end;
      this.#append(chunk, start, end, rules);
    }
    this.remaining -= size;
    return end;
  }

  /** Takes the payload of a complete control frame. Returns `undefined` for a data frame. */
  takeControl(): Bytes | undefined {
    const control = this.#control;
    if (control !== undefined) {
      this.#control = undefined;
      this.#controlSize = 0;
      this.isInFrame = false;
    }
    return control;
  }

  /** Ends the open data frame. Returns `true` if it was the last frame of its message. */
  endFrame(): boolean {
    this.isInFrame = false;
    return this.first >= FIN;
  }

  /** Takes the bytes of the message, which the receiver may keep. */
  takeBytes(): Bytes {
    const body = this.#body;
    this.#body = EMPTY;
    if (this.#isOwn) return body;
    const bytes = copyBytes(body, 0, this.#size);
    giveBody(body);
    return bytes;
  }

  /** Takes the text of the message, whose UTF-8 is valid. */
  takeText(): string {
    const body = this.#body;
    this.#body = EMPTY;
    const text = this.isAscii ? sliceAscii(body, 0, this.#size) : sliceUtf8(body, 0, this.#size);
    giveBody(body);
    return text;
  }

  #openFrame(rules: DecoderRules): void {
    const first = header.first;
    const opcode = first & 0x0f;
    this.first = first;
    this.#key = header.key;
    this.remaining = header.payloadSize;
    this.isInFrame = true;
    this.#headerSize = 0;
    if (opcode >= OPCODE.close) {
      this.#control = allocateOwnBytes(header.payloadSize);
      return;
    }
    if (opcode !== OPCODE.continuation) {
      this.opcode = opcode;
      this.isCompressed = (first & RSV1) !== 0;
    }
    this.#fragments += 1;
    const bytesMax = this.isCompressed ? compressedBytesMax(rules) : rules.messageBytesMax;
    if (this.#size + header.payloadSize > bytesMax) this.error = tooBig(rules.messageBytesMax, rules.limitName);
    else if (this.#fragments > rules.fragmentsMax) {
      this.error = new ProtocolError(
        'WS_TOO_MANY_FRAGMENTS',
        `message exceeds the limit of ${rules.fragmentsMax} fragments`,
      );
    }
  }

  #checkText(chunk: Bytes, start: number, end: number, isAscii: boolean, rules: DecoderRules): void {
    if (isAscii && this.#utf8 === UTF8_START) return;
    this.isAscii = false;
    this.#utf8 = validateUtf8(this.#utf8, chunk, start, end, rules.isUtf8);
    if (this.#utf8 === UTF8_INVALID) this.error = badUtf8();
  }

  #append(chunk: Bytes, start: number, end: number, rules: DecoderRules): void {
    const size = this.#size + (end - start);
    if (size > this.#body.byteLength) this.#grow(size, rules);
    this.#body.set(chunk.subarray(start, end), this.#size);
    this.#size = size;
  }

  #grow(size: number, rules: DecoderRules): void {
    const isLast = this.first >= FIN;
    const sizeMax = isLast ? this.#size + this.remaining : rules.messageBytesMax;
    const wanted = Math.max(size, Math.min(sizeMax, Math.max(BODY_BYTES_FIRST, BODY_GROWTH * size)));
    // The receiver keeps bytes, so they are put where they stay. A text is a copy anyway.
    this.#isOwn = isLast && wanted === sizeMax && (this.opcode !== OPCODE.text || this.isCompressed);
    const body = this.#isOwn ? allocateOwnBytes(wanted) : takeBody(wanted);
    body.set(this.#body.subarray(0, this.#size));
    giveBody(this.#body);
    this.#body = body;
  }
}

/**
 * Returns the maximum size of a compressed message in bytes. It leaves room for a message at the limit that compression
 * makes larger.
 */
export function compressedBytesMax(rules: DecoderRules): number {
  return rules.messageBytesMax + Math.ceil(rules.messageBytesMax / 256) + 1024;
}

/**
 * Returns the error of a message over the limit. Its text names the limit and its option, and becomes the reason in the
 * close frame.
 */
export function tooBig(messageBytesMax: number, limitName?: string): ProtocolError {
  const name = limitName === undefined ? '' : ` (${limitName})`;
  return new ProtocolError('WS_MESSAGE_TOO_BIG', `message exceeds the limit of ${messageBytesMax} bytes${name}`);
}

/** Returns the error of text that is not UTF-8. */
export function badUtf8(): ProtocolError {
  return new ProtocolError('WS_BAD_UTF8', 'a text message is not UTF-8');
}
