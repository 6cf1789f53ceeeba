/** The half that long-polling and HTTP streaming have in common: POSTs bring packets up, one after the other. */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { ProtocolError, UnavailableError } from '../../base/errors.js';
import { CLOSE, NOOP } from '../../protocol/engine-io/packet.js';
import { CLOSE_CODE } from '../../protocol/websocket/close-code.js';
import type { EngineProtocol, Unit } from '../encoded-packet.js';
import { BaseTransport, type TransportHandler } from '../transport.js';
import { type BodyOutcome, RequestBody } from './request-body.js';
import { type PollingSettings, Wait } from './settings.js';

const CLOSE_CHAR = CLOSE.charCodeAt(0);
const BINARY_CONTENT = 'application/octet-stream';

/**
 * A session's requests, but for what its GETs are answered with. Invariants: at most one POST is read; when the transport is over, no
 * GET waits any more.
 */
export abstract class PostTransport extends BaseTransport {
  readonly protocol: EngineProtocol;
  protected readonly settings: PollingSettings;
  /** The id of the session, until the first response has told it. */
  #newId: string | undefined;
  #post: RequestBody | undefined = undefined;
  #closing: Wait | undefined = undefined;
  /** Whether what is over ended by the fault of the packets that are being received. */
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
   * Tells the client by a close packet in the answer to its waiting GET, or to its next one if that comes in time. With a `code` the
   * session is over already, and no further GET could find its way here.
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

  /** Whether a GET is there whose client can be told something. */
  protected abstract readonly canAnswer: boolean;
  /** Whether a GET is there, so that another one would overlap. */
  protected abstract readonly isAnswering: boolean;
  /** Takes a GET. */
  protected abstract startAnswer(response: ServerResponse): void;
  /** Ends the GET that is there with these packets. */
  protected abstract endAnswer(farewell: readonly string[]): void;
  /** Cuts the GET that is there. */
  protected abstract destroyAnswer(): void;
  /** The units of a body; throws ProtocolError. */
  protected abstract decode(bytes: Buffer, isBinary: boolean): Unit[];

  /** The headers of a response, with those that others add. */
  protected headersFor(request: IncomingMessage, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    const newId = this.#newId;
    this.#newId = undefined;
    this.settings.addHeaders(headers, request, newId);
    return headers;
  }

  /** Ends the transport, once. A GET that waits gets `farewell`; a POST that is being read is refused. */
  protected finish(error: ProtocolError | UnavailableError | undefined, ...farewell: string[]): void {
    if (this.isOver) return;
    this.endAnswer(farewell);
    this.#post?.refuse(400);
    this.#post = undefined;
    // Last, because a listener that adds headers to the answer may close the session, too.
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
    // A noop first, as engine.io does it.
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
      // The close packet says no reason: a client that reads it before the 413 would not know why.
      this.finish(error, NOOP);
    } else if (outcome === 'too slow') {
      body.refuse(408);
      this.finish(
        new UnavailableError('TIMEOUT', `data request took ${this.settings.bodyDeadlines.durationMs} ms`),
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
      // Also when a listener of the application throws: the request itself was in order.
      if (this.#isRefused) body.refuse(400);
      else this.#confirm(body);
    }
  }

  #confirm(body: RequestBody): void {
    // As text/plain, some browsers would offer it as a download.
    const headers = { 'Content-Type': 'text/html', 'Content-Length': 2, 'cache-control': 'no-store' };
    body.reply(this.headersFor(body.request, headers), 'ok');
  }
}

function respondEmpty(response: ServerResponse, status: 400 | 405): void {
  response.writeHead(status, { 'Content-Length': 0 });
  response.end();
}
