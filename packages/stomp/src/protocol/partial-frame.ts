/** An incomplete frame: the headers so far, and how its body ends. STOMP 1.2, "Body" and "Standard Headers". */
import type { Bytes } from 'naru/base';
import { ProtocolError } from 'naru/base';
import { isUtf8Range, sliceUtf8 } from 'naru/protocol';
import { unescapeHeader } from './escape.js';
import { BODY_COMMANDS, type StompHeaders, UNESCAPED_COMMANDS } from './frame.js';
import type { StompVersion } from './version.js';

/** The bounds of a frame. */
export interface StompLimits {
  /** The maximum number of headers in a frame, including repeated ones. */
  readonly headersMax: number;
  /** The maximum size of all header lines of a frame in bytes. */
  readonly headerBytesMax: number;
  /** The maximum size of a body in bytes. */
  readonly bodyBytesMax: number;
}

/** An incomplete frame. Invariant: `isInBody` is false until the empty line after the headers was read. */
export class PartialFrame {
  readonly command: string;
  isInBody = false;
  /** The size of the body in bytes, or `undefined` when the first NUL ends it. Valid only while `isInBody` is true. */
  bodySize: number | undefined = undefined;
  /** The number of bytes that header lines may still have. */
  headerBytesLeft: number;
  readonly #limits: StompLimits;
  readonly #version: StompVersion | undefined;
  readonly #headers = new Map<string, string>();
  #headersCount = 0;

  /** `version` is the version that both ends agreed on, if any. */
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

  /** The maximum size of the body in bytes. */
  get bodyBytesMax(): number {
    return BODY_COMMANDS.has(this.command) ? this.#limits.bodyBytesMax : 0;
  }

  /** Takes one header line without its end. An empty line ends the headers. */
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
    if (colon < 0) throw bad(`header line ${this.#headersCount} has no colon`);
    const name = this.#plain(text.slice(0, colon));
    if (name === '') throw bad('a header has no name');
    // Only the first of repeated headers counts. The others are older values.
    if (!this.#headers.has(name)) this.#headers.set(name, this.#plain(text.slice(colon + 1)));
  }

  /** Frames of STOMP 1.0 have padding in the specification's examples. Later versions keep it. */
  #plain(text: string): string {
    return this.#version === '1.0' ? unpadded(text) : this.#unescape(text);
  }

  #unescape(text: string): string {
    if (this.#version === undefined || UNESCAPED_COMMANDS.has(this.command)) return text;
    const plain = unescapeHeader(text, this.#version);
    if (plain === undefined) {
      throw bad(`header line ${this.#headersCount} has an escape that STOMP ${this.#version} does not know`);
    }
    return plain;
  }

  #endHeaders(): void {
    this.isInBody = true;
    // A client that names no version speaks 1.0.
    if (this.#version === undefined && !this.#headers.has('accept-version'))
      for (const [name, value] of this.#headers) this.#headers.set(name, unpadded(value));
    const text = this.#headers.get('content-length');
    if (text === undefined) return;
    if (!/^\d{1,15}$/.test(text)) throw bad('the header content-length must be a size in bytes');
    const size = Number(text);
    if (size > this.bodyBytesMax) throw bodyTooBig(this);
    this.bodySize = size;
  }
}

/** Removes the spaces before a name or a value. */
function unpadded(text: string): string {
  return text.replace(/^[ \t]+/, '');
}

/** Returns the error of a body that is longer than allowed. */
export function bodyTooBig({ command, bodyBytesMax }: PartialFrame): ProtocolError {
  if (bodyBytesMax === 0) return bad(`${command} frames must not have a body`);
  return tooBig(`the body has more than ${bodyBytesMax} bytes`);
}

/** Returns the error of a peer that broke a rule of the format. */
export function bad(message: string): ProtocolError {
  return new ProtocolError('STOMP_BAD_FRAME', message);
}

/** Returns the error of a peer that exceeded a bound. */
export function tooBig(message: string): ProtocolError {
  return new ProtocolError('STOMP_TOO_BIG', message);
}

/** Returns the beginning of a text, for an error message to its sender. */
export function excerpt(text: string): string {
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}...` : text;
}

const EXCERPT = 60;
const CR = 0x0d;

function decodeLine(line: Bytes, version: StompVersion | undefined): string {
  if (line.includes(0)) throw bad('a header contains a NUL character');
  // In versions 1.0 and 1.1 a carriage return is an ordinary character.
  if ((version === undefined || version === '1.2') && line.includes(CR))
    throw bad('a header contains a carriage return');
  const text = sliceUtf8(line, 0, line.byteLength);
  // Invalid UTF-8 shows as U+FFFD, so only a text with that character needs a check of its bytes.
  if (text.includes('\ufffd') && !isUtf8Range(line, 0, line.byteLength)) throw bad('a header is not UTF-8');
  return text;
}
