/** Carries a session over HTTP streaming: the answer to a GET is an event stream that stays open, and POSTs bring packets up. docs/sse.md. */
import type { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { assert } from '../../base/assert.js';
import { decodeUtf8 } from '../../base/bytes.js';
import { UnavailableError } from '../../base/errors.js';
import type { NodeInternals } from '../../node-internals/node-internals.js';
import { decodePayload } from '../../protocol/engine-io/payload.js';
import type { Batch } from '../batch.js';
import type { Unit } from '../encoded-packet.js';
import { PostTransport } from '../polling/posts.js';
import type { PollingSettings } from '../polling/settings.js';
import { NOBODY, type TransportHandler } from '../transport.js';
import { encodeBatch, pieceOf } from './piece.js';
import { ResponseStream } from './response-stream.js';
import { SocketStream } from './socket-stream.js';
import type { EventStream, StreamOwner } from './stream.js';

const HEADERS = Object.freeze({
  'Content-Type': 'text/event-stream; charset=UTF-8',
  // Whoever compresses, or keeps back what is small, on the way would keep events back.
  'cache-control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
});

/**
 * A session's HTTP streaming. A batch with a noop ends the stream behind it, as it ends a waiting poll: the client asks for another
 * stream, or has moved on. Invariant: at most one stream is open, and `writable` is true only while one is.
 */
export class SseTransport extends PostTransport implements StreamOwner {
  readonly name = 'sse';
  #stream: EventStream | undefined = undefined;

  /** `newId` is the id of the session that the first stream opens; nothing for one that moves here from another transport. */
  constructor(settings: PollingSettings, handler: TransportHandler, newId: string | undefined) {
    super(settings, 4, handler, newId);
  }

  get nodeInternals(): NodeInternals {
    return this.settings.nodeInternals;
  }

  get writable(): boolean {
    return this.#stream?.writable === true;
  }

  get bufferedBytes(): number {
    return this.#stream?.bufferedBytes ?? 0;
  }

  send(batch: Batch): void {
    const stream = this.#stream;
    assert(stream?.writable === true, 'a batch is sent only while a stream takes it');
    const piece = batch.formFor(SseTransport, encodeBatch);
    if (piece.isLast) {
      this.#stream = undefined;
      stream.end(piece, this.settings);
    } else stream.write(piece);
  }

  /** Leaves Node's parser, request and response, where the stream can do without: they cost more than all the rest. */
  detach(): void {
    if (this.#stream instanceof ResponseStream) this.#stream = this.#stream.detach() ?? this.#stream;
  }

  /** For a session that a GET opens which was read without Node's parser: its connection is the stream's from here on. */
  static onSocket(settings: PollingSettings, socket: Duplex): SseTransport {
    const transport = new SseTransport(settings, NOBODY, undefined);
    transport.#stream = SocketStream.open(socket, HEADERS, transport);
    return transport;
  }

  onStreamDrained(stream: EventStream): void {
    if (stream === this.#stream) this.handler.onWritable(this);
  }

  onStreamEnded(stream: EventStream): void {
    if (stream !== this.#stream) return;
    this.#stream = undefined;
    // A page that is left says no more than this.
    this.finish(undefined);
  }

  protected get canAnswer(): boolean {
    return this.#stream !== undefined;
  }

  protected get isAnswering(): boolean {
    return this.#stream !== undefined;
  }

  protected startAnswer(response: ServerResponse): void {
    try {
      this.#stream = new ResponseStream(response, this.headersFor(response.req, { ...HEADERS }), this);
      // What a request was read with is in use in this turn.
      this.settings.clock.defer(detach, this);
    } catch (error) {
      // A listener added a header that cannot be.
      response.destroy();
      this.finish(new UnavailableError('IO_FAILED', 'a header that was added cannot be sent', error));
      throw error;
    }
  }

  protected endAnswer(farewell: readonly string[]): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.end(pieceOf(farewell), this.settings);
  }

  protected destroyAnswer(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.destroy();
  }

  protected decode(bytes: Buffer): Unit[] {
    return decodePayload(decodeUtf8(bytes), this.settings.packetsMax);
  }
}

function detach(transport: SseTransport): void {
  transport.detach();
}
