/** Carries a session over one stream of a WebTransport session: a unit is a record. engine.io-protocol, "WebTransport". */
import { utf8Size } from '../../base/bytes.js';
import { type ProtocolError, UnavailableError } from '../../base/errors.js';
import { throwLater } from '../../base/uncaught.js';
import { RecordDecoder, type RecordSink } from '../../protocol/record/decoder.js';
import { CLOSE_CODE } from '../../protocol/websocket/close-code.js';
import { DATAGRAMS_WELCOME } from '../../protocol/webtransport/datagram.js';
import { Batch } from '../batch.js';
import { EncodedPacket, type Unit } from '../encoded-packet.js';
import { type PollingSettings, Wait } from '../polling/settings.js';
import { BaseTransport, type TransportHandler } from '../transport.js';
import { asBuffer } from '../websocket/sender.js';
import { DatagramLane } from './datagram-lane.js';
import type { WebTransportBidirectionalStream, WebTransportCloseInfo, WebTransportSession } from './w3c.js';

/** The close code by which WebTransport says that all is well. */
const CLEAN = 0;
const EXPECTED_CODES: ReadonlySet<number> = new Set([CLEAN, CLOSE_CODE.normal, CLOSE_CODE.goingAway]);
// The standard's limit.
const REASON_BYTES_MAX = 1024;
const WELCOME = new EncodedPacket(DATAGRAMS_WELCOME, false);

/** What all WebTransport transports of a server have in common. */
export interface WebTransportSettings extends Pick<PollingSettings, 'clock' | 'closeDeadlines'> {
  /** Bytes of one record; beyond it the session is closed with code 1009. */
  readonly recordBytesMax: number;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Writer = WritableStreamDefaultWriter<Uint8Array>;

/**
 * A session's WebTransport. Invariant: after `onClose` was called the WebTransport session is closed, or is about to be once its peer
 * has read what was sent. Writes go out in the order of `send`; while the stream wants no more, `writable` is false.
 */
export class WebTransportTransport extends BaseTransport {
  readonly name = 'webtransport';
  readonly protocol = 4;
  /** The WebTransport session, as the application handed it in. */
  readonly session: WebTransportSession;
  bufferedBytes = 0;
  readonly #settings: WebTransportSettings;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #decoder: RecordDecoder;
  #lane: DatagramLane | undefined = undefined;
  #isFull = false;
  /** The units that came while nobody was ready for them; `undefined` while somebody is. */
  #held: Unit[] | undefined = undefined;
  #onResume: (() => void) | undefined = undefined;

  /** `stream` is the one that the client opened; reading starts at once. */
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
    // Its end is seen by the reader, and by the writes.
    this.#writer.closed.catch(() => undefined);
    this.#read();
  }

  get writable(): boolean {
    return !this.isOver && !this.#isFull;
  }

  send(batch: Batch): void {
    if (this.isOver) return;
    const bytes = batch.records();
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

  /** By datagram, where the client said that it reads them and the message fits one. */
  sendVolatile(packets: readonly EncodedPacket[]): boolean {
    return !this.isOver && this.#lane?.send(packets) === true;
  }

  /** Lets no unit through until `resume`. Called while a handshake waits for the application. */
  pause(): void {
    this.#held ??= [];
  }

  /** Hands on what waited, and reads on. */
  resume(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    for (const [index, unit] of held.entries()) {
      this.#deliver(unit);
      // Whoever got it may have paused again.
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
    // To close the session loses what the peer did not read yet, and to close the stream does not.
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
        // What waits is at most what one chunk held.
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
    // The client sends no more. That is the end of a session, which could not even answer a ping.
    if (this.#decoder.isInside) this.#fail(new UnavailableError('DISCONNECTED', 'the stream ended in a record'));
    else this.close();
  }

  #deliver(unit: Unit): void {
    if (this.isOver) return;
    if (unit === DATAGRAMS_WELCOME) {
      this.#openLane();
      return;
    }
    try {
      this.handler.onData(this, typeof unit === 'string' ? unit : asBuffer(unit));
    } catch (error) {
      // The units behind this one are not to blame.
      throwLater(error);
    }
  }

  /** The client reads datagrams, and is told that so do we. */
  #openLane(): void {
    if (this.#lane) return;
    this.#lane = DatagramLane.open(this.session.datagrams, (units) => {
      if (!this.isOver) this.handler.onVolatile?.(this, units);
    });
    if (this.#lane) this.send(Batch.of(WELCOME));
  }

  #onReady(): void {
    if (this.isOver || !this.#isFull) return;
    this.#isFull = false;
    this.handler.onWritable(this);
  }

  #onSessionClosed(info: WebTransportCloseInfo | undefined): void {
    const { closeCode = CLEAN, reason = '' } = info ?? {};
    if (EXPECTED_CODES.has(closeCode)) this.#finish(undefined);
    else this.#finish(new UnavailableError('DISCONNECTED', `closed with code ${closeCode}: ${reason}`));
  }

  /** A stream also fails when its session ends, which says better why: so that may come first. */
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
    this.#lane?.close();
    this.#lane = undefined;
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

  // One for all transports.
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

/** As much of a reason as a session can be closed with. */
function trim(reason: string): string {
  let text = reason.slice(0, REASON_BYTES_MAX);
  while (utf8Size(text) > REASON_BYTES_MAX) text = text.slice(0, -1);
  return text;
}

function lost(cause: unknown): UnavailableError {
  return new UnavailableError('DISCONNECTED', 'the WebTransport session was lost', cause);
}
