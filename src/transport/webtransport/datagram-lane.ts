/** The volatile messages of a WebTransport session: one message is one datagram, which may be lost. */
import type { Bytes } from '../../base/bytes.js';
import { throwLater } from '../../base/uncaught.js';
import { DatagramReader, encodeDatagram } from '../../protocol/webtransport/datagram.js';
import type { EncodedPacket, Unit } from '../encoded-packet.js';
import { asBuffer } from '../websocket/sender.js';
import type { WebTransportDatagrams } from './w3c.js';

// What every path on the internet carries, for implementations that do not say.
const DATAGRAM_BYTES = 1_200;

/** Takes the units of a message. */
type OnMessage = (units: readonly Unit[]) => void;

/** Both directions of the datagrams. Invariant: after `close` nothing is delivered. */
export class DatagramLane {
  readonly #datagrams: WebTransportDatagrams;
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  readonly #writer: WritableStreamDefaultWriter<Bytes>;
  readonly #onMessage: OnMessage;
  #sequence = 0;
  #isOver = false;

  private constructor(datagrams: WebTransportDatagrams, writable: WritableStream<Bytes>, onMessage: OnMessage) {
    this.#datagrams = datagrams;
    this.#onMessage = onMessage;
    this.#reader = datagrams.readable.getReader();
    this.#writer = writable.getWriter();
    // The end of the session is seen elsewhere.
    this.#writer.closed.catch(() => undefined);
  }

  /** Starts to read the datagrams of a session; nothing where it has none, or somebody reads them already. */
  static open(datagrams: WebTransportDatagrams | undefined, onMessage: OnMessage): DatagramLane | undefined {
    const writable = datagrams?.writable ?? datagrams?.createWritable?.();
    if (!datagrams || !writable || writable.locked || datagrams.readable.locked) return undefined;
    const lane = new DatagramLane(datagrams, writable, onMessage);
    lane.#read();
    return lane;
  }

  /** Sends a message. `false`: it does not fit a datagram. While the network takes no more, it is lost. */
  send(packets: readonly EncodedPacket[]): boolean {
    const bytesMax = this.#datagrams.maxDatagramSize ?? DATAGRAM_BYTES;
    const units = packets.map(({ unit }) => unit);
    const datagram = encodeDatagram(this.#sequence, units, bytesMax);
    if (!datagram) return false;
    if ((this.#writer.desiredSize ?? 0) <= 0) return true;
    this.#sequence += 1;
    this.#writer.write(datagram).catch(() => undefined);
    return true;
  }

  /** Reads and sends no more. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.cancel().catch(() => undefined);
    this.#writer.releaseLock();
  }

  async #read(): Promise<void> {
    const reader = new DatagramReader();
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done || this.#isOver) return;
        const units = reader.read(value);
        if (units) this.#deliver(units);
      }
    } catch {
      // The session is over, which its stream says as well.
    }
  }

  #deliver(units: (string | Bytes)[]): void {
    try {
      this.#onMessage(units.map((unit) => (typeof unit === 'string' ? unit : asBuffer(unit))));
    } catch (error) {
      throwLater(error);
    }
  }
}
