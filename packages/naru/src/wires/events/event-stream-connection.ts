/** A client that reads an event stream, or lines: `EventSource`, `curl -N`. */
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { Member } from '../../namespace/socket/socket.js';
import { encodeRetry } from '../../protocol/event-stream/encode.js';
import type { Session } from '../../session/session.js';
import { EncodedPacket } from '../../transport/encoded-packet.js';
import type { HttpAnswer } from '../../transport/plain-http/answer.js';
import type { EventStreamTransport } from '../../transport/plain-http/stream-transport.js';
import { EventsConnection, type EventsRequest } from './events-connection.js';
import { EVENT_STREAM, type EventWire } from './wire.js';

/** A request for a stream. */
export interface StreamRequest extends EventsRequest<EventStreamTransport> {
  readonly wire: EventWire;
  /** Milliseconds that the client is asked to wait before it reconnects. */
  readonly retryMs: number;
}

/** These keep proxies from buffering, compressing and caching the response. */
const HEADERS = {
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
};

/** A client with an event stream. It can send nothing after its request. */
export class EventStreamConnection extends EventsConnection<EventStreamTransport> {
  protected override readonly wire: EventWire;
  readonly #retryMs: number;

  constructor(namespaces: NamespaceFinder, session: Session, request: StreamRequest) {
    super(namespaces, session, request);
    this.wire = request.wire;
    this.#retryMs = request.retryMs;
    this.connect(request.address.namespace, request.auth);
  }

  override onQuiet(): void {
    if (this.isAnswered) this.send(this.wire.keepAlive);
  }

  override sendAway(retryAfterMs: number): boolean {
    // An `EventSource` reconnects without the page, after the delay that `retry` gives.
    if (this.isAnswered && this.wire.contentType === EVENT_STREAM.contentType)
      this.send(new EncodedPacket(encodeRetry(retryAfterMs)));
    return super.sendAway(retryAfterMs);
  }

  /** An `EventSource` never reconnects after a refusal, so it gets a stream that ends. */
  protected override later(refusal?: HttpAnswer): HttpAnswer {
    if (!this.request.headers.accept?.startsWith(EVENT_STREAM.contentType)) return super.later(refusal);
    const headers = { 'Content-Type': EVENT_STREAM.contentType, 'Cache-Control': 'no-store' };
    const afterMs = Number(refusal?.headers?.['Retry-After'] ?? 0) * 1_000;
    return { status: 200, headers, body: encodeRetry(Math.max(this.#retryMs, afterMs)) };
  }

  protected override onUnit(): void {}

  protected override onConnected(member: Member): void {
    this.enterRooms(member, () => {
      this.settle();
      const headers = { 'Content-Type': this.wire.contentType, ...HEADERS };
      this.transport.accept({ headers, first: this.wire.greeting(this.#retryMs) });
      this.readOn();
    });
  }

  protected override onDisconnect(): void {
    this.send(new EncodedPacket(this.wire.encodeOwn('naru:disconnect', ['server namespace disconnect'])));
  }
}
