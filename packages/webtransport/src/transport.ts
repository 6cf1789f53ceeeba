/**
 * Carries a session over one stream of a WebTransport session, in which a unit is a record. engine.io-protocol,
 * "WebTransport".
 */

import type { Clock } from 'naru/base';
import { asBuffer, type Deadlines, type ProtocolError, throwLater, UnavailableError, utf8Size, Wait } from 'naru/base';
import { CLOSE_CODE, DATAGRAMS_WELCOME, RecordDecoder, type RecordSink } from 'naru/protocol';
import { BaseTransport, EncodedPacket, PacketList, type TransportHandler, type Unit } from 'naru/wire';
import { DatagramChannel } from './datagram-channel.js';
import type { WebTransportBidirectionalStream, WebTransportCloseInfo, WebTransportSession } from './w3c.js';

/** WebTransport's close code for an ordinary end. */
const CLEAN = 0;
const EXPECTED_CODES: ReadonlySet<number> = new Set([CLEAN, CLOSE_CODE.normal, CLOSE_CODE.goingAway]);
// The limit of the W3C's WebTransport for a close reason.
const REASON_BYTES_MAX = 1024;
const WELCOME = new EncodedPacket(DATAGRAMS_WELCOME, false);

/** The settings that all WebTransport transports of a server share. */
export interface WebTransportSettings {
  readonly clock: Clock;
  /** The deadlines of closing sessions whose peer has not read the sent data. */
  readonly closeDeadlines: Deadlines<Wait>;
  /** The most bytes of one record. A larger record closes the session with code 1009. */
  readonly recordBytesMax: number;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Writer = WritableStreamDefaultWriter<Uint8Array>;

/**
 * A session's WebTransport. Invariant: after `onClose` was called, the WebTransport session is closed, or will be as
 * soon as its peer has read the sent data. Writes keep the order of `send`. `writable` is false while the stream is
 * full.
 */
export class WebTransportTransport extends BaseTransport {
  readonly name = 'webtransport';
  readonly protocol = 4;
  /** The WebTransport session that the application passed in. */
  readonly session: WebTransportSession;
  bufferedBytes = 0;
  readonly #settings: WebTransportSettings;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #decoder: RecordDecoder;
  #channel: DatagramChannel | undefined = undefined;
  #isFull = false;
  /** The units that arrived while the transport was paused; `undefined` while it is not. */
  #held: Unit[] | undefined = undefined;
  #onResume: (() => void) | undefined = undefined;

  /** `stream` is the one that the client opened. Reading starts at once. */
  constructor(
    session: WebTransportSession,
    stream: WebTransportBidirectionalStream,
    settings: WebTransportSettings,
    handler: TransportHandler,
  ) {
    super(handler);
    this.session = session;
    this.#settings = settings;
    this.#decoder = new RecordDecoder(settings.recordBytesMax);
    this.#reader = stream.readable.getReader();
    this.#writer = stream.writable.getWriter();
    session.closed.then(
      (info) => this.#onSessionClosed(info as WebTransportCloseInfo | undefined),
      (error) => this.#finish(lost(error)),
    );
    // The reader and the writes report the end of the stream.
    this.#writer.closed.catch(() => undefined);
    this.#read();
  }

  get writable(): boolean {
    return !this.isOver && !this.#isFull;
  }

  send(list: PacketList): void {
    if (this.isOver) return;
    const bytes = list.records();
    this.bufferedBytes += bytes.byteLength;
    this.#writer.write(bytes).then(
      () => {
        this.bufferedBytes -= bytes.byteLength;
      },
      (error) => this.#onStreamError(error),
    );
    if ((this.#writer.desiredSize ?? 0) > 0) return;
    this.#isFull = true;
    this.#writer.ready.then(
      () => this.#onReady(),
      () => undefined,
    );
  }

  /** Sends a message as a datagram, if the client announced that it reads them and the message fits. */
  sendVolatile(packets: readonly EncodedPacket[]): boolean {
    return !this.isOver && this.#channel?.send(packets) === true;
  }

  /** Holds all units until `resume`. Called while a handshake waits for the application. */
  pause(): void {
    this.#held ??= [];
  }

  /** Delivers the held units, and resumes reading. */
  resume(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    for (const [index, unit] of held.entries()) {
      this.#deliver(unit);
      // The receiver may have paused the transport again.
      if (this.#held) {
        this.#held = [...held.slice(index + 1)];
        return;
      }
    }
    this.#onResume?.();
    this.#onResume = undefined;
  }

  close(code: number = CLOSE_CODE.normal, reason = ''): void {
    if (this.isOver) return;
    const info = { closeCode: code === CLOSE_CODE.normal ? CLEAN : code, reason: trim(reason) };
    this.#letGo();
    // Closing the session would lose data that the peer has not read yet. Closing the stream does not, so that comes
    // first.
    const { closeDeadlines } = this.#settings;
    const end = (): void => {
      closeDeadlines.remove(wait);
      this.#closeSession(info);
    };
    const wait = new Wait(end);
    closeDeadlines.add(wait);
    this.#writer.close().then(end, end);
    this.onClosed();
  }

  abort(): void {
    this.#fail(undefined);
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (this.isOver) return;
        if (done) break;
        this.#decoder.decode(value, 0, WebTransportTransport.#SINK, this);
        // A paused transport stops reading, so it holds the units of one chunk at most.
        if (this.#held && !this.isOver) {
          await new Promise<void>((resolve) => {
            this.#onResume = resolve;
          });
        }
      }
    } catch (error) {
      this.#onStreamError(error);
      return;
    }
    // The client has closed its half. It could not even answer a ping any more, so the session ends.
    if (this.#decoder.isInside) this.#fail(new UnavailableError('DISCONNECTED', 'the stream ended inside a record'));
    else this.close();
  }

  #deliver(unit: Unit): void {
    if (this.isOver) return;
    if (unit === DATAGRAMS_WELCOME) {
      this.#openChannel();
      return;
    }
    try {
      this.handler.onData(this, typeof unit === 'string' ? unit : asBuffer(unit));
    } catch (error) {
      // The error of one unit must not keep later units from being received.
      throwLater(error);
    }
  }

  /** Called when the client announced that it reads datagrams. Tells the client that the server does, too. */
  #openChannel(): void {
    if (this.#channel) return;
    this.#channel = DatagramChannel.open(this.session.datagrams, (units) => {
      if (!this.isOver) this.handler.onVolatile?.(this, units);
    });
    if (this.#channel) this.send(PacketList.of(WELCOME));
  }

  #onReady(): void {
    if (this.isOver || !this.#isFull) return;
    this.#isFull = false;
    this.handler.onWritable(this);
  }

  #onSessionClosed(info: WebTransportCloseInfo | undefined): void {
    const { closeCode = CLEAN } = info ?? {};
    if (EXPECTED_CODES.has(closeCode)) this.#finish(undefined);
    else this.#finish(new UnavailableError('DISCONNECTED', `the peer closed with code ${closeCode}`));
  }

  /**
   * The stream also fails when its session ends. The error is deferred, so that the session can report the better
   * reason first.
   */
  #onStreamError(cause: unknown): void {
    if (!this.isOver) this.#settings.clock.defer(() => this.#fail(lost(cause)), undefined);
  }

  #fail(
    error: ProtocolError | UnavailableError | undefined,
    info: WebTransportCloseInfo = { closeCode: CLEAN, reason: '' },
  ): void {
    if (this.isOver) return;
    this.#closeSession(info);
    this.#finish(error);
  }

  #finish(error: ProtocolError | UnavailableError | undefined): void {
    if (this.isOver) return;
    this.#letGo();
    this.onClosed(error);
  }

  #letGo(): void {
    this.#decoder.end();
    this.#channel?.close();
    this.#channel = undefined;
    this.#held = undefined;
    this.#onResume?.();
    this.#onResume = undefined;
  }

  #closeSession(info: WebTransportCloseInfo): void {
    try {
      this.session.close(info);
    } catch {
      // An implementation may throw for a session that the network has closed already.
    }
  }

  // One sink serves all transports.
  static readonly #SINK: RecordSink<WebTransportTransport> = {
    onUnit(transport, unit) {
      if (transport.#held) transport.#held.push(unit);
      else transport.#deliver(unit);
    },
    onViolation(transport, error) {
      const code = error.code === 'RECORD_TOO_BIG' ? CLOSE_CODE.messageTooBig : CLOSE_CODE.protocolError;
      transport.#fail(error, { closeCode: code, reason: trim(error.message) });
    },
  };
}

/** Cuts a close reason to the allowed size. */
function trim(reason: string): string {
  let text = reason.slice(0, REASON_BYTES_MAX);
  while (utf8Size(text) > REASON_BYTES_MAX) text = text.slice(0, -1);
  return text;
}

function lost(cause: unknown): UnavailableError {
  return new UnavailableError('DISCONNECTED', 'the WebTransport session was lost', cause);
}
