/** A frame that is not all there yet: headers that came, and how its body ends. STOMP 1.2, "Body" and "Standard Headers". */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';
import { sliceUtf8 } from '../bytes.js';
import { isUtf8Range } from '../websocket/utf8.js';
import { unescapeHeader } from './escape.js';
import { BODY_COMMANDS, type StompHeaders, UNESCAPED_COMMANDS } from './frame.js';
import type { StompVersion } from './version.js';

/** How much a peer may send. */
export interface StompLimits {
  /** Headers of one frame, repeated ones included. */
  readonly headersMax: number;
  /** Bytes of all header lines of one frame. */
  readonly headerBytesMax: number;
  /** Bytes of one body. */
  readonly bodyBytesMax: number;
}

/** Invariant: `isInBody` is false until the empty line behind the headers was read. */
export class PartialFrame {
  readonly command: string;
  isInBody = false;
  /** The size of the body in bytes; `undefined` when it ends with the first NUL. Known only in the body. */
  bodySize: number | undefined = undefined;
  /** Bytes of header lines that may still come. */
  headerBytesLeft: number;
  readonly #limits: StompLimits;
  readonly #version: StompVersion | undefined;
  readonly #headers = new Map<string, string>();
  #headersCount = 0;

  /** `version` is what both ends agreed on; nothing before that. */
  constructor(command: string, version: StompVersion | undefined, limits: StompLimits) {
    this.command = command;
    this.#version = version;
    this.#limits = limits;
    this.headerBytesLeft = limits.headerBytesMax;
  }

  /** The headers so far. */
  get headers(): StompHeaders {
    return this.#headers;
  }

  /** The most bytes that the body may have. */
  get bodyBytesMax(): number {
    return BODY_COMMANDS.has(this.command) ? this.#limits.bodyBytesMax : 0;
  }

  /** Takes one header line without its end; an empty one ends the headers. */
  takeLine(line: Bytes): void {
    if (line.byteLength === 0) {
      this.#endHeaders();
      return;
    }
    this.#headersCount += 1;
    if (this.#headersCount > this.#limits.headersMax) {
      throw tooBig(`a frame has more than ${this.#limits.headersMax} headers`);
    }
    const text = decodeLine(line, this.#version);
    const colon = text.indexOf(':');
    if (colon < 0) throw bad(`the header line "${excerpt(text)}" has no colon`);
    const name = this.#unescape(text.slice(0, colon));
    if (name === '') throw bad('a header has no name');
    // A repeated header is an older value behind a newer one: only the first counts.
    if (!this.#headers.has(name)) this.#headers.set(name, this.#unescape(text.slice(colon + 1)));
  }

  #unescape(text: string): string {
    if (this.#version === undefined || UNESCAPED_COMMANDS.has(this.command)) return text;
    const plain = unescapeHeader(text, this.#version);
    if (plain === undefined) {
      throw bad(`the header text "${excerpt(text)}" has an escape that STOMP ${this.#version} does not know`);
    }
    return plain;
  }

  #endHeaders(): void {
    this.isInBody = true;
    const text = this.#headers.get('content-length');
    if (text === undefined) return;
    if (!/^\d{1,15}$/.test(text))
      throw bad(`the header content-length is "${excerpt(text)}", which is no size in bytes`);
    const size = Number(text);
    if (size > this.bodyBytesMax) throw bodyTooBig(this);
    this.bodySize = size;
  }
}

/** The error of a body that is longer than allowed. */
export function bodyTooBig({ command, bodyBytesMax }: PartialFrame): ProtocolError {
  if (bodyBytesMax === 0) return bad(`a ${command} frame has a body, and must have none`);
  return tooBig(`the body has more than ${bodyBytesMax} bytes`);
}

/** The peer broke a rule of the format. */
export function bad(message: string): ProtocolError {
  return new ProtocolError('STOMP_BAD_FRAME', message);
}

/** The peer went beyond a bound. */
export function tooBig(message: string): ProtocolError {
  return new ProtocolError('STOMP_TOO_BIG', message);
}

/** The beginning of a text, to show it to its sender. */
export function excerpt(text: string): string {
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}...` : text;
}

const EXCERPT = 60;
const CR = 0x0d;

function decodeLine(line: Bytes, version: StompVersion | undefined): string {
  if (line.includes(0)) throw bad('a header has a NUL');
  // Before 1.2 a carriage return is a character like others.
  if ((version === undefined || version === '1.2') && line.includes(CR))
    throw bad('a header has a carriage return in it');
  const text = sliceUtf8(line, 0, line.byteLength);
  // What is not UTF-8 shows as U+FFFD; only where that is seen does it pay to look at the bytes.
  if (text.includes('\ufffd') && !isUtf8Range(line, 0, line.byteLength)) throw bad('a header is not UTF-8');
  return text;
}
