/** The common half of long-polling and HTTP streaming: POSTs bring packets up, one request at a time. */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Wait } from '../../base/deadlines.js';
import { ProtocolError, UnavailableError } from '../../base/errors.js';
import { CLOSE, NOOP } from '../../protocol/engine-io/packet.js';
import { CLOSE_CODE } from '../../protocol/websocket/close-code.js';
import type { EngineProtocol, Unit } from '../encoded-packet.js';
import { BaseTransport, type TransportHandler } from '../transport.js';
import { type BodyOutcome, RequestBody } from './request-body.js';
import type { PollingSettings } from './settings.js';

const CLOSE_CHAR = CLOSE.charCodeAt(0);
const BINARY_CONTENT = 'application/octet-stream';

/**
 * The requests of a session. Subclasses answer the GETs. Invariants: at most one POST is read at a time, and no GET
 * waits after the transport is over.
 */
export abstract class PostTransport extends BaseTransport {
  readonly protocol: EngineProtocol;
  readonly settings: PollingSettings;
  /** The id of a new session, until its first response. */
  #newId: string | undefined;
  #post: RequestBody | undefined = undefined;
  #closing: Wait | undefined = undefined;
  /** Whether the transport was closed because of the packets of the current POST. */
  #isRefused = false;

  /** `newId` is the id of the session that the first request opens, if it opens one. */
  constructor(
    settings: PollingSettings,
    protocol: EngineProtocol,
    handler: TransportHandler,
    newId: string | undefined,
  ) {
    super(handler);
    this.settings = settings;
    this.protocol = protocol;
    this.#newId = newId;
  }

  /** Takes the next request of the session. */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') this.#onGet(response);
    else if (request.method === 'POST') this.#onPost(request, response);
    else respondEmpty(response, 405);
  }

  /**
   * Sends a close packet in the answer to the waiting GET, or to the next one if it arrives in time. With a `code`, the
   * session is already over: the transport ends at once, because later GETs would not reach it.
   */
  close(code?: number): void {
    if (this.isOver) return;
    this.#isRefused = code === CLOSE_CODE.protocolError;
    if (this.canAnswer || code !== undefined) {
      this.finish(undefined, CLOSE);
    } else if (!this.#closing) {
      this.#closing = new Wait(() => this.finish(undefined, CLOSE));
      this.settings.closeDeadlines.add(this.#closing);
    }
  }

  override retire(): void {
    this.finish(undefined, NOOP);
  }

  abort(): void {
    const post = this.#post;
    this.#post = undefined;
    this.destroyAnswer();
    post?.abort();
    this.finish(undefined, CLOSE);
  }

  /** Whether a GET is open and can be answered now. */
  protected abstract readonly canAnswer: boolean;
  /** Whether a GET is open, so that another one would overlap. */
  protected abstract readonly isAnswering: boolean;
  /** Starts the answer to a GET. */
  protected abstract startAnswer(response: ServerResponse): void;
  /** Ends the answer to the open GET, if any, with these packets. */
  protected abstract endAnswer(farewell: readonly string[]): void;
  /** Cuts the connection of the open GET, if any. */
  protected abstract destroyAnswer(): void;
  /** Decodes the units of a body. Throws a ProtocolError. */
  protected abstract decode(bytes: Buffer, isBinary: boolean): Unit[];

  /** Returns the headers of a response, with the headers that listeners and options add. */
  protected headersFor(request: IncomingMessage, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const newId = this.#newId;
    this.#newId = undefined;
    this.settings.addHeaders(headers, request, newId);
    return headers;
  }

  /** Ends the transport, once. A waiting GET is answered with `farewell`, and a POST that is being read is refused. */
  protected finish(error: ProtocolError | UnavailableError | undefined, ...farewell: string[]): void {
    if (this.isOver) return;
    this.endAnswer(farewell);
    this.#post?.refuse(400);
    this.#post = undefined;
    // This comes last, because a listener that adds headers to the answer may close the session too.
    if (this.#closing) this.settings.closeDeadlines.remove(this.#closing);
    this.#closing = undefined;
    this.onClosed(error);
  }

  #onGet(response: ServerResponse): void {
    if (this.isOver || this.isAnswering) {
      respondEmpty(response, 400);
      this.finish(new ProtocolError('EIO_BAD_REQUEST', 'overlap from client'), CLOSE);
      return;
    }
    this.startAnswer(response);
    // engine.io sends a noop before the close packet, too.
    if (this.#closing) this.finish(undefined, NOOP, CLOSE);
    else if (this.writable) this.handler.onWritable(this);
  }

  #onPost(request: IncomingMessage, response: ServerResponse): void {
    const body = new RequestBody(request, response, this.settings, (read, outcome) => this.#onBody(read, outcome));
    const isOverlap = this.#post !== undefined;
    if (this.isOver || isOverlap || (this.protocol === 4 && request.headers['content-type'] === BINARY_CONTENT)) {
      body.refuse(400);
      const reason = isOverlap ? 'data request overlap from client' : 'invalid content';
      this.finish(new ProtocolError('EIO_BAD_REQUEST', reason), CLOSE);
      return;
    }
    this.#post = body;
    body.read();
  }

  #onBody(body: RequestBody, outcome: BodyOutcome): void {
    if (this.#post === body) this.#post = undefined;
    if (outcome === 'too big') {
      const error = new ProtocolError(
        'EIO_PAYLOAD_TOO_BIG',
        `payload of more than ${this.settings.bodyBytesMax} bytes (maxHttpBufferSize)`,
      );
      body.refuse(413, error.message);
      // A close packet carries no reason. A client that read one before the 413 would not learn why it was closed.
      this.finish(error, NOOP);
    } else if (outcome === 'too slow') {
      body.refuse(408);
      this.finish(
        new UnavailableError('TIMEOUT', `data request took more than ${this.settings.bodyDeadlines.durationMs} ms`),
        CLOSE,
      );
    } else if (outcome === 'closed') {
      this.finish(new UnavailableError('DISCONNECTED', 'data request connection closed prematurely'), CLOSE);
    } else {
      this.#receive(body, outcome);
    }
  }

  #receive(body: RequestBody, bytes: Buffer): void {
    let units: Unit[];
    try {
      units = this.decode(bytes, body.request.headers['content-type'] === BINARY_CONTENT);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      body.refuse(400);
      this.finish(error, CLOSE);
      return;
    }
    try {
      for (const unit of units) {
        if (this.isOver) break;
        if (typeof unit === 'string' && unit.charCodeAt(0) === CLOSE_CHAR) this.finish(undefined, NOOP);
        else this.handler.onData(this, unit);
      }
    } finally {
      // The POST is confirmed even if a listener of the application throws, because the request itself was valid.
      if (this.#isRefused) body.refuse(400);
      else this.#confirm(body);
    }
  }

  #confirm(body: RequestBody): void {
    // Some browsers would offer text/plain as a download.
    const headers = { 'Content-Type': 'text/html', 'Content-Length': 2, 'cache-control': 'no-store' };
    body.reply(this.headersFor(body.request, headers), 'ok');
  }
}

function respondEmpty(response: ServerResponse, status: 400 | 405): void {
  // RFC 9110, section 15.5.6.
  response.writeHead(status, { 'Content-Length': 0, ...(status === 405 && { Allow: 'GET, POST' }) });
  response.end();
}
