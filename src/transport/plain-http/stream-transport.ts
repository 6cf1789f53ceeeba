/** Carries a session over one HTTP response that does not end: an event stream, or lines. What the client has to say comes otherwise. */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { UnavailableError } from '../../base/errors.js';
import { encodeError } from '../../protocol/json-event/error.js';
import type { Batch } from '../batch.js';
import type { EngineProtocol } from '../encoded-packet.js';
import type { PollingSettings } from '../polling/settings.js';
import { destroyLate } from '../sse/stream.js';
import { BaseTransport, CARRIES_ALL, type Carries } from '../transport.js';
import { encodeHeaders, prepareSocket } from '../websocket/accept.js';
import { type AnswerableTransport, type HttpAnswer, sendAnswer } from './answer.js';

/** What all event streams of a server have in common. */
export type EventStreamSettings = Pick<PollingSettings, 'clock' | 'nodeInternals' | 'closeDeadlines' | 'closing'>;

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
  [TRANSPORT]: EventStreamTransport;
}

/** Where a stream is: `pending` until the client is let in; then its bytes go to the bare socket, or, where there is none, to the response. */
type Outlet = (Duplex | ServerResponse) & Owned;

// Set in the class, which has the private fields.
let begin: (transport: EventStreamTransport) => void;
let onTaken: (outlet: Outlet) => void;

/** A session's event stream. Units go one way; each is written as it is. */
export class EventStreamTransport extends BaseTransport implements AnswerableTransport {
  readonly name = 'sse';
  readonly protocol: EngineProtocol = 4;
  readonly isPlain = true;
  readonly #settings: EventStreamSettings;
  #response: ServerResponse | undefined;
  #head: StreamHead | undefined = undefined;
  #outlet: Outlet | undefined = undefined;
  #isBlocked = false;
  /** Bytes that were written past the queue of the connection and that the system has not taken yet. */
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

  /** Whether the client has not got its answer yet. */
  get isPending(): boolean {
    return this.#response !== undefined && !this.isOver;
  }

  get writable(): boolean {
    return this.#outlet !== undefined && !this.#isBlocked && !this.isOver;
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
    if (!response || this.isOver) return;
    this.#forgetResponse(response);
    sendAnswer(response, answer);
    this.onClosed();
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
    else if (!this.isOver) this.#end();
  }

  abort(): void {
    if (this.isPending) {
      // A request that waits for its answer gets one.
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
    // One that does not read never takes the end.
    destroyLate(outlet, this.#settings);
    outlet.end(() => outlet.destroy());
  }

  // The listeners belong to the class, so that no stream has closures of its own.
  static readonly #onData = function (this: Duplex & Owned, chunk: Buffer): void {
    const transport = this[TRANSPORT];
    transport.#discardedBytes += chunk.byteLength;
    if (transport.#discardedBytes > DISCARD_BYTES_MAX) this.destroy();
  };

  // A client that has gone and one that only closed its half look alike; Node's HTTP server takes both as gone, too.
  static readonly #onEnd = function (this: Duplex & Owned): void {
    this[TRANSPORT].onClosed();
    this.destroy();
  };

  static readonly #onError = function (this: Outlet, error: Error): void {
    this[TRANSPORT].onClosed(new UnavailableError('DISCONNECTED', 'the connection of an event stream broke', error));
    this.destroy();
  };

  static readonly #onClose = function (this: Outlet): void {
    this[TRANSPORT].onClosed();
  };

  static readonly #onDrain = function (this: Outlet): void {
    onTaken(this);
  };

  static {
    begin = (transport) => transport.#begin();
    onTaken = ({ [TRANSPORT]: transport }) => {
      if (transport.isOver) return;
      transport.#isBlocked = false;
      transport.#heldBytes = 0;
      transport.handler.onWritable(transport);
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
