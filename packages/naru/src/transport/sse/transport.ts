/**
 * Carries a session over HTTP streaming: an event stream, the answer to a GET, brings packets down, and POSTs bring
 * packets up. docs/sse.md.
 */
import type { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { assert } from '../../base/assert.js';
import { decodeUtf8 } from '../../base/bytes.js';
import { UnavailableError } from '../../base/errors.js';
import { decodePayload } from '../../protocol/engine-io/payload.js';
import type { Unit } from '../encoded-packet.js';
import type { PacketList } from '../packet-list.js';
import { PostTransport } from '../polling/posts.js';
import type { PollingSettings } from '../polling/settings.js';
import { NOBODY, type TransportHandler } from '../transport.js';
import { encodeList, pieceOf } from './piece.js';
import { ResponseStream } from './response-stream.js';
import { SocketStream } from './socket-stream.js';
import type { EventStream, StreamOwner } from './stream.js';

const HEADERS = Object.freeze({
  'Content-Type': 'text/event-stream; charset=UTF-8',
  // A proxy that compresses or buffers small writes would delay events.
  'cache-control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
});

/**
 * A session's HTTP streaming. A list with a noop ends the stream, as it would end a waiting poll. The client then
 * requests another stream, unless it has moved to another transport. Invariant: at most one stream is open, and
 * `writable` is true only while one is.
 */
export class SseTransport extends PostTransport implements StreamOwner {
  readonly name = 'sse';
  #stream: EventStream | undefined = undefined;

  /**
   * `newId` is the id of the session that the first stream opens, or `undefined` if a session moves here from another
   * transport.
   */
  constructor(settings: PollingSettings, handler: TransportHandler, newId: string | undefined) {
    super(settings, 4, handler, newId);
  }

  get writable(): boolean {
    return this.#stream?.writable === true;
  }

  get bufferedBytes(): number {
    return this.#stream?.bufferedBytes ?? 0;
  }

  send(list: PacketList): void {
    const stream = this.#stream;
    assert(stream?.writable === true, 'a list is sent only while a stream takes it');
    const piece = list.formFor(SseTransport, encodeList);
    if (piece.isLast) {
      this.#stream = undefined;
      stream.end(piece);
    } else stream.write(piece);
  }

  /** Moves the stream off Node's parser, request and response if possible, because they cost more than all the rest. */
  static #detach(transport: SseTransport): void {
    const stream = transport.#stream;
    if (stream instanceof ResponseStream) transport.#stream = stream.detach() ?? stream;
  }

  /** Creates a transport for a GET that was read without Node's parser. The stream takes over the connection. */
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
    // When a user leaves a page, this is the only sign of it.
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
      // Node's parser is still in use during this turn.
      this.settings.clock.defer(SseTransport.#detach, this);
    } catch (error) {
      // A listener added an invalid header.
      response.destroy();
      this.finish(new UnavailableError('IO_FAILED', 'a header that a listener added cannot be sent', error));
      throw error;
    }
  }

  protected endAnswer(farewell: readonly string[]): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.end(pieceOf(farewell));
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
