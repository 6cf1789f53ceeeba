/**
 * One session of the platform's WebTransport. Packets are records of its one stream, and volatile messages are
 * datagrams if the server reads them. engine.io-protocol, "WebTransport". This is a separate file, so that a page loads
 * it only when needed.
 */
import { asBytes, type Bytes } from '../../base/bytes.js';
import type { Timer } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { attempt } from '../../base/uncaught.js';
import { RecordDecoder, type RecordSink } from '../../protocol/record/decoder.js';
import { encodeRecord } from '../../protocol/record/encode.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { DATAGRAMS_WELCOME, DatagramReader, encodeDatagram } from '../../protocol/webtransport/datagram.js';
import { toBinaryType } from '../engine/data.js';
import type { CloseDetails } from '../engine/options.js';
import { chooseTimers } from '../engine/timers.js';
import type { Transport } from '../engine/transport.js';
import { decodeMessage } from '../socket/packet-codec.js';

/** The part of an engine that takes messages from outside the ordered stream. */
interface VolatileSink {
  readonly binaryType: string;
  emit?(name: 'volatile', packet: SocketPacket): void;
}

type Writer = WritableStreamDefaultWriter<Bytes>;

/** Milliseconds that an upgrade may take. Many networks silently drop UDP. */
const PATIENCE_MS = 3_000;
/** Milliseconds that a server has to read the data that was sent before a close. */
const CLOSE_MS = 3_000;
const CHANGE_OVER = '5';
const DATAGRAM_BYTES = 1_200;

const SINK: RecordSink<WebTransportStream> = {
  onUnit: (stream, unit) => stream.onUnit(unit),
  onViolation(_stream, error) {
    throw error;
  },
};

/** The session and its stream. */
export class WebTransportStream {
  readonly #owner: Transport;
  readonly #decoder: RecordDecoder;
  #session: WebTransport | undefined;
  #writer: Writer | undefined;
  #datagrams: Writer | undefined;
  #sequence = 0;

  /** Connects at once, and reports the result to the owner. */
  constructor(owner: Transport) {
    this.#owner = owner;
    this.#decoder = new RecordDecoder(owner.opts.payloadBytesMax ?? Number.POSITIVE_INFINITY);
    this.#run().catch((error) => this.#fail(error));
  }

  /** Writes packets in order. Resolves when the stream has taken them. */
  async write(units: readonly (string | Bytes | Blob)[]): Promise<void> {
    for (const unit of units) {
      await this.#send(unit instanceof Blob ? asBytes(await unit.arrayBuffer()) : unit);
      // Before the upgrade is complete, other servers accept only the packets of an upgrade.
      if (unit === CHANGE_OVER) await this.#announce();
    }
  }

  /**
   * Sends a message in a datagram. Returns `false` when the server does not read datagrams, or the message is too large
   * for one.
   */
  sendVolatile(units: readonly unknown[]): boolean {
    const writer = this.#datagrams;
    if (!writer || units.some((unit) => unit instanceof Blob)) return false;
    const bytesMax = this.#session?.datagrams.maxDatagramSize ?? DATAGRAM_BYTES;
    const message = units.map((unit) => (typeof unit === 'string' ? `4${unit}` : asBytes(unit as Bytes)));
    const datagram = encodeDatagram(this.#sequence, message, bytesMax);
    if (!datagram) return false;
    // A datagram that the network does not take at once is dropped, because the next state is worth more than this one.
    if ((writer.desiredSize ?? 0) > 0) {
      this.#sequence += 1;
      writer.write(datagram).catch(() => undefined);
    }
    return true;
  }

  /** Closes the session after the data that was sent. */
  close(): void {
    const session = this.#session;
    const timers = chooseTimers(this.#owner.opts);
    let timer: Timer | undefined;
    const end = (): void => {
      if (timer !== undefined) timers.clearTimeout(timer);
      try {
        session?.close();
      } catch {
        // The session was never established.
      }
    };
    if (this.#writer) {
      timer = timers.setTimeout(end, CLOSE_MS, undefined);
      this.#writer.close().then(end, end);
    } else end();
  }

  /** Takes a received packet. Called by the decoder's sink. */
  onUnit(unit: string | Bytes): void {
    if (unit === DATAGRAMS_WELCOME) {
      this.#datagrams ??= datagramWriter(this.#session);
      return;
    }
    // An error of a listener must not end the stream.
    attempt(() => this.#owner.onUnit(unit));
  }

  async #run(): Promise<void> {
    const owner = this.#owner;
    const options = owner.opts.transportOptions?.webtransport as WebTransportOptions | undefined;
    const session = new WebTransport(owner.uri(), options);
    this.#session = session;
    session.closed.then(
      (context) => this.#onClose({ description: 'webtransport connection closed', context }),
      (error) => this.#fail(error),
    );
    const { readable, writable } = await this.#connect(session);
    this.#writer = writable.getWriter();
    const { sid } = owner.query;
    await this.#send(`0${sid ? JSON.stringify({ sid }) : ''}`);
    if (!sid) await this.#announce();
    owner.onOpen();
    const write = (chunk: Bytes): void => this.#decoder.decode(chunk, 0, SINK, this);
    await readable.pipeTo(new WritableStream({ write }));
  }

  async #connect(session: WebTransport): Promise<WebTransportBidirectionalStream> {
    const timers = chooseTimers(this.#owner.opts);
    const timer = this.#owner.query.sid
      ? timers.setTimeout(() => this.#fail(new UnavailableError('TIMEOUT', 'timeout')), PATIENCE_MS, undefined)
      : undefined;
    try {
      await session.ready;
      return await session.createBidirectionalStream();
    } finally {
      if (timer !== undefined) timers.clearTimeout(timer);
    }
  }

  #send(unit: string | Bytes): Promise<void> | undefined {
    return this.#writer?.write(encodeRecord(unit));
  }

  /** Announces that this client reads datagrams, and reads them. With an application's own parser it does neither. */
  async #announce(): Promise<void> {
    const { opts } = this.#owner;
    const sink = opts.socket as VolatileSink | undefined;
    if ((opts as { parser?: unknown }).parser || !sink?.emit || !this.#session?.datagrams) return;
    const reader = new DatagramReader();
    const write = (datagram: Bytes): void => this.#onDatagram(reader.read(datagram), sink);
    this.#session.datagrams.readable.pipeTo(new WritableStream({ write })).catch(() => undefined);
    await this.#send(DATAGRAMS_WELCOME);
  }

  #onDatagram(units: readonly (string | Bytes)[] | undefined, sink: VolatileSink): void {
    if (!units || this.#isOver) return;
    const packet = decodeMessage(units.map((unit) => (typeof unit === 'string' ? unit : toBinaryType(unit, sink))));
    if (packet) attempt(() => sink.emit?.('volatile', packet));
  }

  get #isOver(): boolean {
    return this.#owner.readyState === 'closed';
  }

  #onClose(details: CloseDetails): void {
    if (!this.#isOver) this.#owner.onClose(details);
  }

  #fail(error: unknown): void {
    if (!this.#isOver) this.#owner.onError('webtransport error', error);
  }
}

/** Returns the writer of datagrams, if the session has one. Newer platforms have `createWritable` only. */
function datagramWriter(session: WebTransport | undefined): Writer | undefined {
  type Datagrams = { writable?: WritableStream<Bytes>; createWritable?(): WritableStream<Bytes> };
  const datagrams = session?.datagrams as Datagrams | undefined;
  try {
    return (datagrams?.writable ?? datagrams?.createWritable?.())?.getWriter();
  } catch {
    // Another writer has the stream, or the session is over. Volatile messages take the ordered stream then.
    return undefined;
  }
}
