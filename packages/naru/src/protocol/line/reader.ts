/**
 * Finds the lines in the chunks of one byte stream, however it is cut, and skips the negotiation of telnet clients.
 * RFC 854.
 */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { allocateOwnBytes, sliceUtf8 } from '../bytes.js';
import { isUtf8Range } from '../websocket/utf8.js';

const LF = 0x0a;
const CR = 0x0d;

// Telnet's commands. UTF-8 never contains 0xff, so text is not mistaken for a command.
const IAC = 0xff;
const SE = 0xf0;
const SB = 0xfa;
const WILL = 0xfb;

// The states of the stream: in text, or at a place within a telnet command.
const TEXT = 0;
const COMMAND = 1;
const OPTION = 2;
const PARAMETERS = 3;
const PARAMETERS_IAC = 4;

const HELD_BYTES_FIRST = 256;
const NOTHING = allocateOwnBytes(0);

/**
 * The reading half of a stream of lines. A line ends with LF, and a CR before the LF is dropped. The reader holds at
 * most one line of `bytesMax` bytes and the current chunk. Between two whole lines it holds no memory.
 */
export class LineReader {
  readonly #bytesMax: number;
  #chunk: Bytes = NOTHING;
  #at = 0;
  /** The received part of a line that has not ended, without telnet's commands. */
  #held: Bytes = NOTHING;
  #heldSize = 0;
  /** The received bytes of the line. Telnet's commands count too, so that an endless command is an endless line. */
  #lineSize = 0;
  #state = TEXT;

  /** `bytesMax` is the maximum size of a line in bytes, without its end. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether a line has begun and not ended. */
  get isInside(): boolean {
    return this.#lineSize > 0 || this.#at < this.#chunk.byteLength;
  }

  /** Adds a chunk. Read all lines of one chunk before you add the next. Otherwise the unread rest is copied. */
  push(chunk: Bytes): void {
    const rest = this.#chunk.subarray(this.#at);
    this.#at = 0;
    if (rest.byteLength === 0) {
      this.#chunk = chunk;
      return;
    }
    const joined = allocateOwnBytes(rest.byteLength + chunk.byteLength);
    joined.set(rest);
    joined.set(chunk, rest.byteLength);
    this.#chunk = joined;
  }

  /**
   * Returns the next line without its end, or `undefined` until a whole line has arrived. Throws LINE_TOO_LONG, after
   * which nothing more can be read, and LINE_BAD for a line that is not UTF-8, after which the next line can be read.
   */
  next(): string | undefined {
    const chunk = this.#chunk;
    const end = chunk.byteLength;
    let start = this.#at;
    for (let at = start; at < end; at += 1) {
      const byte = chunk[at] as number;
      if (this.#state !== TEXT) {
        this.#state = follow(this.#state, byte);
        this.#count(1);
        start = at + 1;
      } else if (byte === LF) {
        this.#at = at + 1;
        return this.#finish(chunk, start, at);
      } else if (byte === IAC) {
        this.#hold(chunk, start, at);
        this.#count(1);
        this.#state = COMMAND;
        start = at + 1;
      }
    }
    this.#hold(chunk, start, end);
    this.#chunk = NOTHING;
    this.#at = 0;
    return undefined;
  }

  #finish(chunk: Bytes, start: number, end: number): string {
    let bytes = chunk;
    let [from, to] = [start, end];
    if (this.#heldSize > 0) {
      this.#hold(chunk, start, end);
      [bytes, from, to] = [this.#held, 0, this.#heldSize];
    } else this.#count(end - start - (chunk[end - 1] === CR && end > start ? 1 : 0));
    this.#held = NOTHING;
    this.#heldSize = 0;
    this.#lineSize = 0;
    if (to > from && bytes[to - 1] === CR) to -= 1;
    const text = sliceUtf8(bytes, from, to);
    // Invalid UTF-8 shows as U+FFFD, so only a text with that character needs a check of its bytes.
    if (text.includes('\ufffd') && !isUtf8Range(bytes, from, to)) {
      throw new ProtocolError('LINE_BAD', 'this line is not UTF-8');
    }
    return text;
  }

  #hold(chunk: Bytes, start: number, end: number): void {
    if (end === start) return;
    const size = this.#heldSize + end - start;
    this.#count(end - start, chunk[end - 1] === CR);
    if (size > this.#held.byteLength) {
      const grown = allocateOwnBytes(Math.max(size, HELD_BYTES_FIRST, Math.min(2 * size, this.#bytesMax)));
      grown.set(this.#held.subarray(0, this.#heldSize));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(start, end), this.#heldSize);
    this.#heldSize = size;
  }

  /** Counts bytes of the line. One more CR is allowed at its end, because the CR may belong to the line end. */
  #count(size: number, endsWithCr = false): void {
    this.#lineSize += size;
    if (this.#lineSize <= this.#bytesMax + (endsWithCr ? 1 : 0)) return;
    this.#held = NOTHING;
    throw new ProtocolError('LINE_TOO_LONG', `line exceeds the limit of ${this.#bytesMax} bytes`);
  }
}

/**
 * Returns the state after a byte inside a telnet command. RFC 854, "TELNET COMMAND STRUCTURE"; RFC 855 for parameters.
 */
function follow(state: number, byte: number): number {
  if (state === COMMAND) return byte === SB ? PARAMETERS : byte >= WILL && byte < IAC ? OPTION : TEXT;
  if (state === PARAMETERS) return byte === IAC ? PARAMETERS_IAC : PARAMETERS;
  if (state === PARAMETERS_IAC) return byte === SE ? TEXT : PARAMETERS;
  return TEXT;
}
