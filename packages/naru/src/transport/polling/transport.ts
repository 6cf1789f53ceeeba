/**
 * Carries a session over HTTP long-polling: GETs bring packets down, and POSTs bring packets up. engine.io-protocol,
 * "HTTP long-polling".
 */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { assert } from '../../base/assert.js';
import { decodeUtf8 } from '../../base/bytes.js';
import { type ProtocolError, UnavailableError } from '../../base/errors.js';
import { CLOSE, NOOP } from '../../protocol/engine-io/packet.js';
import { decodePayload } from '../../protocol/engine-io/payload.js';
import { decodeJsonpBody } from '../../protocol/engine-io/v3/jsonp.js';
import * as v3 from '../../protocol/engine-io/v3/payload.js';
import { choosePreferred } from '../../protocol/http/negotiation.js';
import type { EngineProtocol, Unit } from '../encoded-packet.js';
import type { PacketList } from '../packet-list.js';
import type { TransportHandler } from '../transport.js';
import { destroyLate } from './destroy-late.js';
import { PostTransport } from './posts.js';
import { encodeReply, type Reply, type ReplyForm } from './reply.js';
import type { PollingSettings } from './settings.js';

/** A request with its parsed query, which the router adds. */
export type PollingRequest = IncomingMessage & { readonly _query: Readonly<Record<string, string | undefined>> };

/**
 * A session's polling. Invariants: at most one GET waits, `writable` is true exactly while a GET waits and its answer
 * has not started, and no GET waits after the transport is over.
 */
export class PollingTransport extends PostTransport implements ReplyForm {
  readonly name = 'polling';
  readonly takesBinary: boolean;
  readonly jsonpIndex: string | undefined;
  writable = false;
  #compressingBytes = 0;
  /** The answers that the system has not taken whole. The client can ask on other connections, and never read them. */
  #unread: Set<ServerResponse> | undefined = undefined;
  /** The response to the GET that waits or whose answer is being compressed. */
  #poll: ServerResponse | undefined = undefined;
  /** Whether the client was told to go. */
  #isLeaving = false;

  /** `request` opens the session `newId`. Its query tells the form in which the client wants its payloads. */
  constructor(
    settings: PollingSettings,
    protocol: EngineProtocol,
    handler: TransportHandler,
    request: PollingRequest,
    newId: string,
  ) {
    super(settings, protocol, handler, newId);
    this.takesBinary = !request._query.b64;
    // A page of any origin can load a script, with cookies and without an Origin header. So JSONP is limited to
    // protocol 3, which a server has to allow.
    this.jsonpIndex = protocol === 3 ? request._query.j : undefined;
  }

  get bufferedBytes(): number {
    // A client that polls again has read its earlier answers.
    if (this.writable) return 0;
    let bytes = this.#compressingBytes;
    for (const { writableLength } of this.#unread ?? []) bytes += writableLength;
    return bytes;
  }

  override onClosed(error?: ProtocolError | UnavailableError): void {
    super.onClosed(error);
    for (const response of this.#unread ?? []) destroyLate(response, this.settings);
  }

  send(list: PacketList): void {
    const response = this.#poll;
    assert(this.writable && response !== undefined, 'a list is sent only while a poll waits');
    // In protocol 3, the form of a payload depends on the client, so it is not shared.
    const isShared = this.protocol === 4;
    this.#answer(
      response,
      isShared ? list.formFor(PollingTransport, (each) => this.#encode(each)) : this.#encode(list),
    );
  }

  leave(): void {
    if (this.#isLeaving || this.isOver) return;
    this.#isLeaving = true;
    this.endAnswer([CLOSE]);
  }

  protected get canAnswer(): boolean {
    return this.writable;
  }

  protected get isAnswering(): boolean {
    return this.#poll !== undefined;
  }

  protected startAnswer(response: ServerResponse): void {
    const { bufferedBytesMax } = this.settings;
    // Node may tell of the end of the newest answer only after the client has read it.
    const isFull = (this.#unread?.size ?? 0) > 1 && this.bufferedBytes > bufferedBytesMax;
    this.#poll = response;
    response.on('close', () => this.#onPollClosed(response));
    this.writable = true;
    // engine.io sends a noop before the close packet, too.
    if (this.#isLeaving) this.endAnswer([NOOP, CLOSE]);
    if (!isFull) return;
    const message = `more than ${bufferedBytesMax} bytes wait for a client that does not read`;
    this.finish(new UnavailableError('BUFFER_FULL', message), CLOSE);
  }

  protected endAnswer(farewell: readonly string[]): void {
    if (this.#poll && this.writable) this.#answer(this.#poll, encodeReply(farewell, this, false));
  }

  protected destroyAnswer(): void {
    const poll = this.#poll;
    this.#poll = undefined;
    this.writable = false;
    poll?.destroy();
  }

  protected decode(bytes: Buffer, isBinary: boolean): Unit[] {
    const { packetsMax } = this.settings;
    if (isBinary) return v3.decodeBinaryPayload(bytes, packetsMax);
    const text = decodeUtf8(bytes);
    const payload = this.jsonpIndex === undefined ? text : decodeJsonpBody(text);
    return this.protocol === 4 ? decodePayload(payload, packetsMax) : v3.decodePayload(payload, packetsMax);
  }

  #onPollClosed(response: ServerResponse): void {
    this.#unread?.delete(response);
    if (this.#poll !== response) return;
    this.#poll = undefined;
    this.writable = false;
    this.finish(new UnavailableError('DISCONNECTED', 'poll connection closed prematurely'), CLOSE);
  }

  #encode(list: PacketList): Reply {
    const packets = list.packets();
    const units = packets.map((packet) => packet.unitFor(this.protocol));
    const mayCompress = packets.some((packet) => packet.compress);
    return encodeReply(units, this, mayCompress);
  }

  #answer(response: ServerResponse, reply: Reply): void {
    this.writable = false;
    const isWorthIt = reply.mayCompress && reply.size >= this.settings.compressionThreshold;
    const encoding = isWorthIt
      ? choosePreferred(response.req.headers['accept-encoding'] as string, ['gzip', 'deflate'])
      : undefined;
    if (!encoding) {
      this.#write(response, reply, reply.data, undefined);
      return;
    }
    this.#compressingBytes = reply.size;
    reply.compress(encoding).then(
      (compressed) => this.#write(response, reply, compressed, encoding),
      // If compression fails, the reply is sent uncompressed.
      () => this.#write(response, reply, reply.data, undefined),
    );
  }

  #write(response: ServerResponse, reply: Reply, data: string | Buffer, encoding: string | undefined): void {
    this.#compressingBytes = 0;
    // The connection may have closed while the reply was being compressed.
    if (this.#poll !== response) return;
    this.#poll = undefined;
    const size = typeof data === 'string' ? reply.size : data.byteLength;
    const headers: OutgoingHttpHeaders = {
      'Content-Type': reply.contentType,
      'Content-Length': size,
      'cache-control': 'no-store',
    };
    if (encoding) headers['Content-Encoding'] = encoding;
    try {
      response.writeHead(200, this.headersFor(response.req, headers));
    } catch (error) {
      // A listener added an invalid header. The client would wait for its answer if the connection stayed open.
      response.destroy();
      this.finish(new UnavailableError('IO_FAILED', 'a header that a listener added cannot be sent', error), CLOSE);
      throw error;
    }
    response.end(data);
    if (response.writableLength > 0) {
      this.#unread ??= new Set();
      this.#unread.add(response);
      if (this.isOver) destroyLate(response, this.settings);
    }
  }
}
