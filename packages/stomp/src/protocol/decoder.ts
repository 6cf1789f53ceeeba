/** Finds the STOMP frames in the chunks of one connection, however they are cut. STOMP 1.2, "STOMP Frames". */
import type { Bytes, ProtocolError } from 'naru/base';
import { keepBytes, sliceUtf8 } from 'naru/protocol';
import { Collector } from './collector.js';
import { CLIENT_COMMANDS, COMMAND_SIZE_MAX, SERVER_COMMANDS, type StompFrame } from './frame.js';
import { bad, bodyTooBig, PartialFrame, type StompLimits, tooBig } from './partial-frame.js';
import type { StompVersion } from './version.js';

export type { StompLimits } from './partial-frame.js';

const LF = 0x0a;
const CR = 0x0d;
const NO_BYTES = new Uint8Array(0);

/**
 * The receiving half of one connection. `push` adds bytes, and `next` returns one frame at a time, so that the caller
 * can wait between frames. An error is thrown once, after all frames before it. After that the decoder takes no bytes
 * and returns no frames. Between two frames it holds no memory but its own fields.
 */
export class StompDecoder {
  /**
   * The version that both ends agreed on. It applies from the next frame on. Without it, a line may end with CR LF, and
   * nothing is unescaped.
   */
  version: StompVersion | undefined = undefined;
  /** The commands that the peer may send next. */
  commands: ReadonlySet<string>;
  readonly #limits: StompLimits;
  #chunk: Bytes | undefined = undefined;
  #at = 0;
  /** Chunks after the current one. They pile up only while nobody calls `next`. */
  #chunks: Bytes[] | undefined = undefined;
  #partial: PartialFrame | undefined = undefined;
  #collector: Collector | undefined = undefined;
  #isEnded = false;

  constructor(limits: StompLimits, commands: ReadonlySet<string>) {
    this.#limits = limits;
    this.commands = commands;
  }

  /** The number of bytes that were pushed and not read yet. */
  get waitingBytes(): number {
    let size = this.#chunk === undefined ? 0 : this.#chunk.byteLength - this.#at;
    if (this.#chunks) for (const chunk of this.#chunks) size += chunk.byteLength;
    return size;
  }

  /** The header `receipt` of the incomplete frame, also after an error in that frame. */
  get receipt(): string | undefined {
    return this.#partial?.headers.get('receipt');
  }

  /** Adds bytes, which must not change after this call. */
  push(chunk: Bytes): void {
    if (this.#isEnded || chunk.byteLength === 0) return;
    if (this.#chunk === undefined) {
      this.#chunk = chunk;
      this.#at = 0;
    } else {
      this.#chunks ??= [];
      this.#chunks.push(chunk);
    }
  }

  /**
   * Returns the next whole frame, or `undefined` when more bytes are needed. Throws a ProtocolError once for invalid
   * input.
   */
  next(): StompFrame | undefined {
    try {
      while (this.#chunk !== undefined) {
        const frame = this.#read(this.#chunk);
        if (this.#chunk !== undefined && this.#at >= this.#chunk.byteLength) this.#advance();
        if (frame) return frame;
      }
    } catch (error) {
      this.#stop();
      throw error;
    }
    return undefined;
  }

  /** Ends reading for good and releases the held bytes. */
  end(): void {
    this.#stop();
    this.#partial = undefined;
  }

  #stop(): void {
    this.#isEnded = true;
    this.#chunk = undefined;
    this.#chunks = undefined;
    this.#collector = undefined;
  }

  #advance(): void {
    this.#chunk = this.#chunks?.shift();
    this.#at = 0;
    if (this.#chunks?.length === 0) this.#chunks = undefined;
  }

  /** Reads one line, or a part of a body. */
  #read(chunk: Bytes): StompFrame | undefined {
    const partial = this.#partial;
    if (partial === undefined) this.#begin(chunk);
    else if (partial.isInBody) return this.#readBody(partial, chunk);
    else this.#readHeader(partial, chunk);
    return undefined;
  }

  /** Skips line ends between frames, which are heart-beats, and reads a command. */
  #begin(chunk: Bytes): void {
    if (this.#collector === undefined) while (chunk[this.#at] === LF) this.#at += 1;
    if (this.#at >= chunk.byteLength) return;
    // One byte more, for a carriage return.
    const line = this.#readLine(chunk, COMMAND_SIZE_MAX + 1);
    if (line === undefined || line.byteLength === 0) return;
    const command = sliceUtf8(line, 0, line.byteLength);
    if (!this.commands.has(command)) throw unknownCommand(command);
    this.#partial = new PartialFrame(command, this.version, this.#limits);
  }

  #readHeader(partial: PartialFrame, chunk: Bytes): void {
    const before = this.#at - (this.#collector?.size ?? 0);
    const line = this.#readLine(chunk, partial.headerBytesLeft);
    if (line === undefined) return;
    partial.headerBytesLeft -= this.#at - before;
    partial.takeLine(line);
  }

  /** Reads the line up to the next LF, without its end. Returns `undefined` until the LF has arrived. */
  #readLine(chunk: Bytes, sizeMax: number): Bytes | undefined {
    const start = this.#at;
    const end = chunk.indexOf(LF, start);
    const until = end < 0 ? chunk.byteLength : end;
    const collector = this.#collector;
    if (until - start + (collector?.size ?? 0) > sizeMax) throw this.#lineTooLong();
    this.#at = end < 0 ? until : end + 1;
    if (end < 0) {
      this.#collect(chunk, start, until);
      return undefined;
    }
    if (collector === undefined) return this.#trim(chunk.subarray(start, end));
    this.#collector = undefined;
    collector.append(chunk, start, end);
    return this.#trim(collector.take());
  }

  /** Removes a carriage return at the end, in versions where it belongs to the line end. */
  #trim(line: Bytes): Bytes {
    const size = line.byteLength;
    const hasReturn = size > 0 && line[size - 1] === CR && (this.version === undefined || this.version === '1.2');
    return hasReturn ? line.subarray(0, size - 1) : line;
  }

  #lineTooLong(): ProtocolError {
    if (this.#partial) return tooBig(`the headers of a frame have more than ${this.#limits.headerBytesMax} bytes`);
    return bad('a line is longer than any STOMP command');
  }

  #readBody(partial: PartialFrame, chunk: Bytes): StompFrame | undefined {
    const start = this.#at;
    const size = partial.bodySize;
    const collected = this.#collector?.size ?? 0;
    const end = size === undefined ? chunk.indexOf(0, start) : start + size - collected;
    const isWhole = end >= 0 && end < chunk.byteLength;
    const until = isWhole ? end : chunk.byteLength;
    if (size === undefined && until - start + collected > partial.bodyBytesMax) throw bodyTooBig(partial);
    if (!isWhole) {
      this.#collect(chunk, start, until);
      this.#at = until;
      return undefined;
    }
    if (chunk[end] !== 0) throw bad(`the body is longer than its content-length of ${size} bytes`);
    this.#at = end + 1;
    const body = this.#takeBody(chunk, start, end);
    this.#partial = undefined;
    return { command: partial.command, headers: partial.headers, body };
  }

  #takeBody(chunk: Bytes, start: number, end: number): Bytes {
    const collector = this.#collector;
    if (collector !== undefined) {
      this.#collector = undefined;
      collector.append(chunk, start, end);
      return collector.take();
    }
    if (start === end) return NO_BYTES;
    return keepBytes(chunk, start, end);
  }

  #collect(chunk: Bytes, start: number, end: number): void {
    if (start === end) return;
    this.#collector ??= new Collector();
    this.#collector.append(chunk, start, end);
  }
}

function unknownCommand(command: string): ProtocolError {
  if (CLIENT_COMMANDS.has(command)) return bad(`${command} came before CONNECT`);
  const hint = command.endsWith('\r') ? '; lines may end with CR LF only in STOMP 1.2' : '';
  const word = command.replace(/^\W|\W$/g, '');
  const isKnown = CLIENT_COMMANDS.has(word.toUpperCase()) || SERVER_COMMANDS.has(word);
  // Anything else may be the rest of a body.
  const named = isKnown
    ? `unexpected command "${command.replace(/[^\x20-\x7e]/g, '?')}"`
    : 'a frame begins with no command of STOMP';
  return bad(named + hint);
}
