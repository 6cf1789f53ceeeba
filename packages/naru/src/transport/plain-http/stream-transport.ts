/**
 * Carries a session over one open HTTP response: an event stream, or lines. The client sends its own messages in other
 * requests.
 */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { UnavailableError } from '../../base/errors.js';
import type { EngineProtocol } from '../encoded-packet.js';
import type { PacketList } from '../packet-list.js';
import { destroyLate } from '../polling/destroy-late.js';
import type { PollingSettings } from '../polling/settings.js';
import { BaseTransport, CARRIES_ALL, type Carries } from '../transport.js';
import { encodeHeaders, prepareSocket } from '../websocket/accept.js';
import { type AnswerableTransport, type HttpAnswer, sendAnswer } from './answer.js';

/** The settings that all event streams of a server share. */
export interface EventStreamSettings
  extends Pick<PollingSettings, 'clock' | 'nodeInternals' | 'closeDeadlines' | 'closing'> {
  /** Returns the answer to a client that still waits when its session ends. */
  turnAway(request: IncomingMessage): HttpAnswer;
}

/** The beginning of a stream. */
export interface StreamHead {
  readonly headers: Readonly<Record<string, string>>;
  /** The first bytes of the body. */
  readonly first: string;
}

const CARRIES: Carries = Object.freeze({ ...CARRIES_ALL, binary: false });
// A client should send nothing after its request. A few bytes do no harm and are ignored; a client that sends more is
// cut off.
const DISCARD_BYTES_MAX = 16 * 1024;

const TRANSPORT = Symbol('naru.event-stream');

interface Owned {
  [TRANSPORT]: EventStreamTransport;
}

/**
 * The target of a stream's bytes after the client was admitted: the bare socket, or the response if the socket cannot
 * be detached.
 */
type Outlet = (Duplex | ServerResponse) & Owned;

/** A session's event stream. Units go to the client only, and are written unchanged. */
export class EventStreamTransport extends BaseTransport implements AnswerableTransport {
  readonly name = 'sse';
  readonly protocol: EngineProtocol = 4;
  readonly isPlain = true;
  readonly #settings: EventStreamSettings;
  #response: ServerResponse | undefined;
  #head: StreamHead | undefined = undefined;
  #outlet: Outlet | undefined = undefined;
  #isBlocked = false;
  /** Bytes that were written directly, around the connection's queue, and that the system has not taken yet. */
  #heldBytes = 0;
  #discardedBytes = 0;

  constructor(response: ServerResponse, settings: EventStreamSettings) {
    super();
    this.#settings = settings;
    this.#response = response;
    (response as Outlet)[TRANSPORT] = this;
    response.on('close', EventStreamTransport.#onClose);
  }

  override get carries(): Carries {
    return CARRIES;
  }

  /** Whether the client still waits for its answer. */
  get isPending(): boolean {
    return this.#response !== undefined && !this.isOver;
  }

  get writable(): boolean {
    return this.#outlet !== undefined && !this.#isBlocked && !this.isOver;
  }

  get bufferedBytes(): number {
    return (this.#outlet?.writableLength ?? 0) + this.#heldBytes;
  }

  /** Admits the client. The head is written in a later turn, and `onWritable` follows it. */
  accept(head: StreamHead): void {
    if (!this.isPending || this.#head) return;
    this.#head = head;
    this.#settings.clock.defer(EventStreamTransport.#beginLater, this);
  }

  answer(answer: HttpAnswer): void {
    const response = this.#response;
    if (!response || this.isOver) return;
    this.#forgetResponse(response);
    sendAnswer(response, answer);
    this.onClosed();
  }

  send(list: PacketList): void {
    const outlet = this.#outlet;
    if (!outlet) return;
    const bytes = list.bytes();
    const outcome = this.#isBlocked
      ? 'declined'
      : this.#settings.nodeInternals.writeDirectly(outlet, bytes, EventStreamTransport.#onTaken);
    if (outcome === 'held') this.#heldBytes = bytes.byteLength;
    if (outcome === 'held' || (outcome === 'declined' && !outlet.write(bytes))) this.#isBlocked = true;
  }

  close(): void {
    if (this.#response && !this.isOver) this.answer(this.#settings.turnAway(this.#response.req));
    else if (!this.isOver) this.#end();
  }

  abort(): void {
    if (this.isPending) {
      // Even an aborted request is answered, because its client waits for that.
      this.close();
      return;
    }
    this.onClosed();
    this.#outlet?.destroy();
  }

  #begin(): void {
    const [response, head] = [this.#response, this.#head];
    this.#head = undefined;
    if (!response || !head || this.isOver) return;
    this.#forgetResponse(response);
    const request = response.req as IncomingMessage;
    const socket = this.#settings.nodeInternals.detachSocket(request, response);
    const outlet = (socket ?? response) as Outlet;
    this.#outlet = outlet;
    outlet[TRANSPORT] = this;
    outlet.on('error', EventStreamTransport.#onError).on('close', EventStreamTransport.#onClose);
    outlet.on('drain', EventStreamTransport.#onDrain);
    if (socket) {
      socket.on('data', EventStreamTransport.#onData).on('end', EventStreamTransport.#onEnd);
      prepareSocket(socket);
      const date = new Date(this.#settings.clock.now()).toUTCString();
      const fields = toList({ Date: date, ...response.getHeaders(), ...head.headers, Connection: 'close' });
      this.#isBlocked = !socket.write(`HTTP/1.1 200 OK\r\n${encodeHeaders(fields)}\r\n${head.first}`);
    } else {
      response.setTimeout(0);
      response.writeHead(200, request.httpVersionMajor < 2 ? { ...head.headers, Connection: 'close' } : head.headers);
      this.#isBlocked = !response.write(head.first);
    }
    if (!this.#isBlocked) this.handler.onWritable(this);
  }

  #forgetResponse(response: ServerResponse): void {
    this.#response = undefined;
    response.off('close', EventStreamTransport.#onClose);
  }

  #end(): void {
    const outlet = this.#outlet;
    if (!outlet) return;
    this.onClosed();
    // A client that does not read would keep the stream open.
    destroyLate(outlet, this.#settings);
    outlet.end(() => outlet.destroy());
  }

  // The listeners are static, so that a stream needs no closures of its own.
  static readonly #onData = function (this: Duplex & Owned, chunk: Buffer): void {
    const transport = this[TRANSPORT];
    transport.#discardedBytes += chunk.byteLength;
    if (transport.#discardedBytes > DISCARD_BYTES_MAX) this.destroy();
  };

  // A client that only closed its half looks like one that has gone. Node's HTTP server treats both as gone, too.
  static readonly #onEnd = function (this: Duplex & Owned): void {
    this[TRANSPORT].onClosed();
    this.destroy();
  };

  static readonly #onError = function (this: Outlet, error: Error): void {
    const message = `the connection of an event stream failed: ${error.message}`;
    this[TRANSPORT].onClosed(new UnavailableError('DISCONNECTED', message, error));
    this.destroy();
  };

  static readonly #onClose = function (this: Outlet): void {
    this[TRANSPORT].onClosed();
  };

  static readonly #onDrain = function (this: Outlet): void {
    EventStreamTransport.#onTaken(this);
  };

  static readonly #beginLater = (transport: EventStreamTransport): void => transport.#begin();

  static #onTaken({ [TRANSPORT]: transport }: Outlet): void {
    if (transport.isOver) return;
    transport.#isBlocked = false;
    transport.#heldBytes = 0;
    transport.handler.onWritable(transport);
  }
}

/**
 * Returns headers as names and values. A list of values repeats the name. A later name replaces an earlier one,
 * whatever its case.
 */
function toList(headers: OutgoingHttpHeaders): (readonly [string, string])[] {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  const fields = new Map(given.map((field) => [field[0].toLowerCase(), field]));
  return [...fields.values()].flatMap(([name, value]) => [value].flat().map((item) => [name, String(item)] as const));
}
