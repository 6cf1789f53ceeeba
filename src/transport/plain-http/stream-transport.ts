/** Carries a session over one HTTP response that does not end: an event stream, or lines. What the client has to say comes otherwise. */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import { encodeError } from '../../protocol/json-event/error.js';
import type { Batch } from '../batch.js';
import type { ClosingStreams } from '../closing-streams.js';
import type { EngineProtocol } from '../encoded-packet.js';
import { CARRIES_ALL, type Carries, NOBODY, type TransportHandler } from '../transport.js';
import { encodeHeaders, prepareSocket } from '../websocket/accept.js';
import { type AnswerableTransport, type HttpAnswer, sendAnswer } from './answer.js';

/** What all event streams of a server have in common. */
export interface EventStreamSettings {
  readonly clock: Clock;
  readonly nodeInternals: NodeInternals;
  /** Milliseconds that a peer has to take what was sent before the end; then the connection is cut. */
  readonly closeTimeoutMs: number;
  /** Told of the streams whose end was written and not taken yet. */
  readonly closing?: ClosingStreams;
}

/** How a stream begins. */
export interface StreamHead {
  readonly headers: Readonly<Record<string, string>>;
  /** The first bytes of the body. */
  readonly first: string;
}

const CARRIES: Carries = Object.freeze({ ...CARRIES_ALL, binary: false });
const CLOSED = { code: 'CLOSED', message: 'the server does not take this client' };
// A client has nothing to say behind its request. A little is ignored, since it does no harm.
const DISCARD_BYTES_MAX = 16 * 1024;

const TRANSPORT = Symbol('naru.event-stream');

interface Owned {
  [TRANSPORT]?: EventStreamTransport | undefined;
}

/** Where a stream is: `pending` until the client is let in; then its bytes go to the bare socket, or, where there is none, to the response. */
type Outlet = (Duplex | ServerResponse) & Owned;

// Shared by every stream, so that none has closures of its own; set in the class, which has the private fields.
let onPendingClose: (this: ServerResponse & Owned) => void;
let begin: (transport: EventStreamTransport) => void;
let onData: (this: Duplex & Owned, chunk: Buffer) => void;
let onEnd: (this: Duplex & Owned) => void;
let onError: (this: Outlet, error: Error) => void;
let onClose: (this: Outlet) => void;
let onDrain: (this: Outlet) => void;
let onTaken: (outlet: Outlet) => void;

/** A session's event stream. Units go one way; each is written as it is. */
export class EventStreamTransport implements AnswerableTransport {
  readonly name = 'sse';
  readonly protocol: EngineProtocol = 4;
  readonly isPlain = true;
  handler: TransportHandler = NOBODY;
  readonly #settings: EventStreamSettings;
  #response: (ServerResponse & Owned) | undefined;
  #head: StreamHead | undefined = undefined;
  #outlet: Outlet | undefined = undefined;
  #isBlocked = false;
  /** Bytes that were written past the queue of the connection and that the system has not taken yet. */
  #heldBytes = 0;
  #isOver = false;
  #discardedBytes = 0;

  constructor(response: ServerResponse, settings: EventStreamSettings) {
    this.#settings = settings;
    this.#response = response;
    this.#response[TRANSPORT] = this;
    response.on('close', onPendingClose);
  }

  get carries(): Carries {
    return CARRIES;
  }

  /** Whether the client has not got its answer yet. */
  get isPending(): boolean {
    return this.#response !== undefined && !this.#isOver;
  }

  get writable(): boolean {
    return this.#outlet !== undefined && !this.#isBlocked && !this.#isOver;
  }

  get bufferedBytes(): number {
    return (this.#outlet?.writableLength ?? 0) + this.#heldBytes;
  }

  /** Lets the client in: the head leaves in a turn of its own, and then `onWritable` follows. */
  accept(head: StreamHead): void {
    if (!this.isPending || this.#head) return;
    this.#head = head;
    this.#settings.clock.defer(begin, this);
  }

  answer(answer: HttpAnswer): void {
    const response = this.#response;
    if (!response || this.#isOver) return;
    this.#forgetResponse(response);
    sendAnswer(response, answer);
    this.#onClosed(undefined);
  }

  send(batch: Batch): void {
    const outlet = this.#outlet;
    if (!outlet) return;
    const bytes = batch.bytes();
    const outcome = this.#isBlocked ? 'declined' : this.#settings.nodeInternals.writeDirectly(outlet, bytes, onTaken);
    if (outcome === 'held') this.#heldBytes = bytes.byteLength;
    if (outcome === 'held' || (outcome === 'declined' && !outlet.write(bytes))) this.#isBlocked = true;
  }

  close(): void {
    if (this.isPending) this.answer({ status: 503, body: encodeError(CLOSED) });
    else if (!this.#isOver) this.#end();
  }

  retire(): void {
    this.close();
  }

  abort(): void {
    if (this.isPending) {
      // A request that waits for its answer gets one.
      this.close();
      return;
    }
    this.#onClosed(undefined);
    this.#outlet?.destroy();
  }

  #begin(): void {
    const [response, head] = [this.#response, this.#head];
    this.#head = undefined;
    if (!response || !head || this.#isOver) return;
    this.#forgetResponse(response);
    const request = response.req as IncomingMessage;
    const socket = this.#settings.nodeInternals.detachSocket(request, response);
    const outlet: Outlet = socket ?? response;
    this.#outlet = outlet;
    outlet[TRANSPORT] = this;
    outlet.on('error', onError).on('close', onClose).on('drain', onDrain);
    if (socket) {
      socket.on('data', onData).on('end', onEnd);
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

  #forgetResponse(response: ServerResponse & Owned): void {
    this.#response = undefined;
    response[TRANSPORT] = undefined;
    response.off('close', onPendingClose);
  }

  #end(): void {
    const outlet = this.#outlet;
    if (!outlet) return;
    this.#onClosed(undefined);
    // One that does not read never takes the end.
    const { clock, closeTimeoutMs, closing } = this.#settings;
    const timer = clock.setTimeout((late) => late.destroy(), closeTimeoutMs, outlet);
    closing?.add(outlet);
    outlet.once('close', () => {
      clock.clearTimeout(timer);
      closing?.remove(outlet);
    });
    outlet.end(() => outlet.destroy());
  }

  #onClosed(error: UnavailableError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.handler.onClose(this, error);
  }

  static {
    const closed = (outlet: Owned, error: UnavailableError | undefined): void => {
      const transport = outlet[TRANSPORT];
      if (transport) transport.#onClosed(error);
    };
    begin = (transport) => transport.#begin();
    onPendingClose = function () {
      const transport = this[TRANSPORT];
      if (!transport) return;
      transport.#forgetResponse(this);
      transport.#onClosed(undefined);
    };
    onData = function (chunk) {
      const transport = this[TRANSPORT];
      if (!transport) return;
      transport.#discardedBytes += chunk.byteLength;
      if (transport.#discardedBytes > DISCARD_BYTES_MAX) this.destroy();
    };
    // A client that has gone and one that only closed its half look alike; Node's HTTP server takes both as gone, too.
    onEnd = function () {
      closed(this, undefined);
      this.destroy();
    };
    onError = function (error) {
      closed(this, new UnavailableError('DISCONNECTED', 'the connection of an event stream broke', error));
      this.destroy();
    };
    onClose = function () {
      closed(this, undefined);
    };
    onTaken = (outlet) => {
      const transport = outlet[TRANSPORT];
      if (!transport || transport.#isOver) return;
      transport.#isBlocked = false;
      transport.#heldBytes = 0;
      transport.handler.onWritable(transport);
    };
    onDrain = function () {
      onTaken(this);
    };
  }
}

/** Headers as names and values; those that have several values, several times. A later name replaces an earlier one, whatever its case. */
function toList(headers: OutgoingHttpHeaders): [string, string][] {
  const fields = new Map<string, [string, string][]>();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    fields.set(
      name.toLowerCase(),
      [value].flat().map((item) => [name, String(item)]),
    );
  }
  return [...fields.values()].flat();
}
