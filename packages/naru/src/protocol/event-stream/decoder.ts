/** Reads text/event-stream in chunks. HTML Standard, section "Server-sent events", "Interpreting an event stream". */
import type { Bytes } from '../../base/bytes.js';
import { ProtocolError } from '../../base/errors.js';

/** One event as it arrived. */
export interface ReceivedEvent {
  /** The type of the event. The default is `message`. */
  readonly event: string;
  readonly data: string;
  /** The newest id in the stream, from this event or an earlier one. '' before the first id. */
  readonly lastEventId: string;
}

const LF = 0x0a;
const DIGITS = /^[0-9]+$/;

/**
 * Turns chunks, cut anywhere, into events. Invalid UTF-8 becomes U+FFFD. An event that is incomplete at the end of the
 * stream is dropped. The cost is linear in the number of bytes, whatever the size of the chunks.
 */
export class EventStreamDecoder {
  readonly #charsMax: number;
  readonly #text = new TextDecoder('utf-8');
  /** The received part of a line that has not ended. */
  #rest = '';
  #endedWithCr = false;
  #event = '';
  #data: string | undefined = undefined;
  #idToCome = '';
  #lastEventId = '';
  #retryMs: number | undefined = undefined;
  #events: ReceivedEvent[] = [];

  /** `charsMax` bounds a line and the data of an event, in UTF-16 code units. */
  constructor(charsMax = Number.POSITIVE_INFINITY) {
    this.#charsMax = charsMax;
  }

  /** The newest id in the stream. '' before the first id. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** Milliseconds that the stream asks a client to wait before it reconnects. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /**
   * Takes a chunk and returns the events that it completes. Throws ES_EVENT_TOO_BIG beyond the bound. Do not use the
   * decoder after that.
   */
  add(chunk: Bytes): readonly ReceivedEvent[] {
    const text = this.#text.decode(chunk, { stream: true });
    if (text === '') return NO_EVENTS;
    // This LF is the second half of a line break that two chunks share.
    let from = this.#endedWithCr && text.charCodeAt(0) === LF ? 1 : 0;
    this.#endedWithCr = text.endsWith('\r');
    let cr = text.indexOf('\r', from);
    for (;;) {
      const lf = text.indexOf('\n', from);
      if (cr >= 0 && cr < from) cr = text.indexOf('\r', from);
      const end = cr >= 0 && (lf < 0 || cr < lf) ? cr : lf;
      if (end < 0) break;
      this.#endLine(text.slice(from, end));
      from = end === cr && lf === cr + 1 ? end + 2 : end + 1;
    }
    if (from < text.length) this.#rest += text.slice(from);
    if (this.#rest.length > this.#charsMax) this.#fail();
    const events = this.#events;
    if (events.length === 0) return NO_EVENTS;
    this.#events = [];
    return events;
  }

  #endLine(end: string): void {
    const line = this.#rest === '' ? end : this.#rest + end;
    this.#rest = '';
    if (line.length > this.#charsMax) this.#fail();
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    this.#setField(name, value);
  }

  #setField(name: string, value: string): void {
    if (name === 'data') {
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
      if (this.#data.length > this.#charsMax) this.#fail();
    } else if (name === 'event') this.#event = value;
    else if (name === 'id' && !value.includes('\0')) this.#idToCome = value;
    else if (name === 'retry' && DIGITS.test(value)) this.#retryMs = Number(value);
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#lastEventId = this.#idToCome;
    this.#data = undefined;
    this.#event = '';
    if (data === undefined) return;
    this.#events.push({ event: event === '' ? 'message' : event, data, lastEventId: this.#lastEventId });
  }

  #fail(): never {
    throw new ProtocolError('ES_EVENT_TOO_BIG', `event exceeds the limit of ${this.#charsMax} characters`);
  }
}

const NO_EVENTS: readonly ReceivedEvent[] = Object.freeze([]);
