/** Carries a session over HTTP long-polling: a GET waits for packets, a POST brings some. engine.io-protocol, "HTTP long-polling". */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { assert } from '../../base/assert.js';
import { decodeUtf8 } from '../../base/bytes.js';
import { ProtocolError, UnavailableError } from '../../base/errors.js';
import { decodePayload } from '../../protocol/engine-io/payload.js';
import { decodeJsonpBody } from '../../protocol/engine-io/v3/jsonp.js';
import * as v3 from '../../protocol/engine-io/v3/payload.js';
import type { Batch } from '../batch.js';
import type { EngineProtocol, Unit } from '../encoded-packet.js';
import type { Carries, Transport, TransportHandler } from '../transport.js';
import { chooseEncoding } from './accept-encoding.js';
import { encodeReply, Reply, type ReplyForm } from './reply.js';
import { type BodyOutcome, RequestBody } from './request-body.js';
import type { PollingSettings } from './settings.js';
import { Wait } from './wait.js';

/** A request whose query was parsed by whoever routed it here. */
export type PollingRequest = IncomingMessage & { readonly _query: Readonly<Record<string, string | undefined>> };

const CARRIES: Carries = Object.freeze({ ordered: true, reliable: true, binary: true, bytesMax: Number.POSITIVE_INFINITY });
const BINARY_CONTENT = 'application/octet-stream';
const PROTOCOL_ERROR = 1002;
const CLOSE_TYPE = 0x31;
const CLOSE = '1';
const NOOP = '6';

/**
 * A session's polling. Invariants: at most one GET waits and at most one POST is read; `writable` exactly while a GET waits that has not
 * got its answer yet; when the transport is over, no GET waits any more.
 */
export class PollingTransport implements Transport, ReplyForm {
  readonly name = 'polling';
  readonly protocol: EngineProtocol;
  readonly takesBinary: boolean;
  readonly jsonpIndex: string | undefined;
  handler: TransportHandler;
  writable = false;
  bufferedBytes = 0;
  readonly #settings: PollingSettings;
  /** The id of the session, until the first response has told it. */
  #newId: string | undefined;
  /** The response to the GET that waits, or whose answer is being compressed. */
  #poll: ServerResponse | undefined = undefined;
  #post: RequestBody | undefined = undefined;
  #closing: Wait | undefined = undefined;
  #isOver = false;
  /** Whether what is over ended by the fault of the packets that are being received. */
  #isRefused = false;

  /** `request` opens the session `newId`; its query says how the client wants its payloads. */
  constructor(
    settings: PollingSettings,
    protocol: EngineProtocol,
    handler: TransportHandler,
    request: PollingRequest,
    newId: string,
  ) {
    this.#settings = settings;
    this.protocol = protocol;
    this.handler = handler;
    this.takesBinary = !request._query.b64;
    this.jsonpIndex = request._query.j;
    this.#newId = newId;
  }

  get carries(): Carries {
    return CARRIES;
  }

  /** Takes the next request of the session. */
  onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') this.#onPoll(response);
    else if (request.method === 'POST') this.#onPost(request, response);
    else respondEmpty(response, 405);
  }

  send(batch: Batch): void {
    const response = this.#poll;
    assert(this.writable && response !== undefined, 'a batch is sent only while a poll waits');
    this.#answer(response, this.#replyOf(batch));
  }

  /**
   * Tells the client by a close packet in the answer to its waiting GET, or to its next one if that comes in time. With a `code` the
   * session is over already, and no further GET could find its way here.
   */
  close(code?: number): void {
    if (this.#isOver) return;
    this.#isRefused = code === PROTOCOL_ERROR;
    if (this.writable || code !== undefined) {
      this.#finish(undefined, CLOSE);
    } else if (!this.#closing) {
      this.#closing = new Wait(() => this.#finish(undefined, CLOSE));
      this.#settings.closeDeadlines.add(this.#closing);
    }
  }

  retire(): void {
    this.#finish(undefined, NOOP);
  }

  abort(): void {
    const [poll, post] = [this.#poll, this.#post];
    this.#poll = undefined;
    this.#post = undefined;
    this.writable = false;
    poll?.destroy();
    post?.abort();
    this.#finish(undefined, CLOSE);
  }

  #onPoll(response: ServerResponse): void {
    if (this.#isOver || this.#poll) {
      respondEmpty(response, 400);
      this.#finish(new ProtocolError('EIO_BAD_REQUEST', 'overlap from client'), CLOSE);
      return;
    }
    this.#poll = response;
    response.on('close', () => this.#onPollClosed(response));
    this.writable = true;
    // A noop first, as engine.io does it.
    if (this.#closing) this.#finish(undefined, NOOP, CLOSE);
    else this.handler.onWritable(this);
  }

  #onPollClosed(response: ServerResponse): void {
    if (this.#poll !== response) return;
    this.#poll = undefined;
    this.writable = false;
    this.#finish(new UnavailableError('DISCONNECTED', 'poll connection closed prematurely'), CLOSE);
  }

  #onPost(request: IncomingMessage, response: ServerResponse): void {
    const body = new RequestBody(request, response, this.#settings, (read, outcome) => this.#onBody(read, outcome));
    const isOverlap = this.#post !== undefined;
    if (this.#isOver || isOverlap || (this.protocol === 4 && request.headers['content-type'] === BINARY_CONTENT)) {
      body.refuse(400);
      const reason = isOverlap ? 'data request overlap from client' : 'invalid content';
      this.#finish(new ProtocolError('EIO_BAD_REQUEST', reason), CLOSE);
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
        `payload of more than ${this.#settings.bodyBytesMax} bytes (maxHttpBufferSize)`,
      );
      body.refuse(413, error.message);
      // The close packet says no reason: a client that reads it before the 413 would not know why.
      this.#finish(error, NOOP);
    } else if (outcome === 'too slow') {
      body.refuse(408);
      this.#finish(new UnavailableError('TIMEOUT', `data request took ${this.#settings.bodyTimeoutMs} ms`), CLOSE);
    } else if (outcome === 'closed') {
      this.#finish(new UnavailableError('DISCONNECTED', 'data request connection closed prematurely'), CLOSE);
    } else {
      this.#receive(body, outcome);
    }
  }

  #receive(body: RequestBody, bytes: Buffer): void {
    let units: Unit[];
    try {
      units = this.#decode(bytes, body.request.headers['content-type'] === BINARY_CONTENT);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      body.refuse(400);
      this.#finish(error, CLOSE);
      return;
    }
    try {
      for (const unit of units) {
        if (this.#isOver) break;
        if (typeof unit === 'string' && unit.charCodeAt(0) === CLOSE_TYPE) this.#finish(undefined, NOOP);
        else this.handler.onData(this, unit);
      }
    } finally {
      // Also when a listener of the application throws: the request itself was in order.
      if (this.#isRefused) body.refuse(400);
      else this.#confirm(body);
    }
  }

  #decode(bytes: Buffer, isBinary: boolean): Unit[] {
    const { packetsMax } = this.#settings;
    if (isBinary) return v3.decodeBinaryPayload(bytes, packetsMax);
    const text = decodeUtf8(bytes);
    const payload = this.jsonpIndex === undefined ? text : decodeJsonpBody(text);
    return this.protocol === 4 ? decodePayload(payload, packetsMax) : v3.decodePayload(payload, packetsMax);
  }

  #confirm(body: RequestBody): void {
    // As text/plain, some browsers would offer it as a download.
    body.reply(this.#headersFor(body.request, { 'Content-Type': 'text/html', 'Content-Length': 2 }), 'ok');
  }

  #replyOf(batch: Batch): Reply {
    const isShared = this.protocol === 4 && this.jsonpIndex === undefined;
    if (isShared && batch.payload instanceof Reply) return batch.payload;
    const packets = batch.packets();
    const units = packets.map((packet) => packet.unitFor(this.protocol));
    const reply = encodeReply(
      units,
      this,
      packets.some((packet) => packet.compress),
    );
    if (isShared) batch.payload = reply;
    return reply;
  }

  #answer(response: ServerResponse, reply: Reply): void {
    this.writable = false;
    const isWorthIt = reply.mayCompress && reply.size >= this.#settings.compressionThreshold;
    const encoding = isWorthIt ? chooseEncoding(response.req.headers['accept-encoding'] as string) : undefined;
    if (!encoding) {
      this.#write(response, reply, reply.data, undefined);
      return;
    }
    this.bufferedBytes = reply.size;
    reply.compress(encoding).then(
      (compressed) => this.#write(response, reply, compressed, encoding),
      // It is worth more uncompressed than not at all.
      () => this.#write(response, reply, reply.data, undefined),
    );
  }

  #write(response: ServerResponse, reply: Reply, data: string | Buffer, encoding: string | undefined): void {
    this.bufferedBytes = 0;
    // Not ours any more: the connection closed while the reply was compressed.
    if (this.#poll !== response) return;
    this.#poll = undefined;
    const size = typeof data === 'string' ? reply.size : data.byteLength;
    const headers: OutgoingHttpHeaders = { 'Content-Type': reply.contentType, 'Content-Length': size };
    if (encoding) headers['Content-Encoding'] = encoding;
    try {
      response.writeHead(200, this.#headersFor(response.req, headers));
    } catch (error) {
      // A listener added a header that cannot be; without an end the client would wait for its answer.
      response.destroy();
      this.#finish(new UnavailableError('IO_FAILED', 'a header that was added cannot be sent', error), CLOSE);
      throw error;
    }
    response.end(data);
  }

  #headersFor(request: IncomingMessage, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
    headers['cache-control'] = 'no-store';
    const newId = this.#newId;
    this.#newId = undefined;
    this.#settings.addHeaders(headers, request, newId);
    return headers;
  }

  /** Ends the transport, once. A GET that waits gets `farewell`; a POST that is being read is refused. */
  #finish(error: ProtocolError | UnavailableError | undefined, ...farewell: string[]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#closing) this.#settings.closeDeadlines.remove(this.#closing);
    this.#closing = undefined;
    if (this.#poll && this.writable) this.#answer(this.#poll, encodeReply(farewell, this, false));
    this.#post?.refuse(400);
    this.#post = undefined;
    this.handler.onClose(this, error);
  }
}

function respondEmpty(response: ServerResponse, status: 400 | 405): void {
  response.writeHead(status, { 'Content-Length': 0 });
  response.end();
}
