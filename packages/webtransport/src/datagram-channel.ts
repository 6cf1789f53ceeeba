/** Carries the volatile messages of a WebTransport session. Each message is one datagram, which may be lost. */

import type { Bytes } from 'naru/base';
import { asBuffer, throwLater } from 'naru/base';
import { DatagramReader, encodeDatagram } from 'naru/protocol';
import type { EncodedPacket, Unit } from 'naru/wire';
import type { WebTransportDatagrams } from './w3c.js';

// Every path on the internet carries this many bytes. Used if the implementation does not tell its maximum.
const DATAGRAM_BYTES = 1_200;

/** Called with the units of a message. */
type OnMessage = (units: readonly Unit[]) => void;

/** Sends and receives the datagrams of a session. Invariant: nothing is delivered after `close`. */
export class DatagramChannel {
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
    // The transport notices the end of the session itself.
    this.#writer.closed.catch(() => undefined);
  }

  /**
   * Starts to read a session's datagrams. Returns `undefined` if it does not support them, or if the application uses
   * them.
   */
  static open(datagrams: WebTransportDatagrams | undefined, onMessage: OnMessage): DatagramChannel | undefined {
    const writable = datagrams?.writable ?? datagrams?.createWritable?.();
    if (!datagrams || !writable || writable.locked || datagrams.readable.locked) return undefined;
    const channel = new DatagramChannel(datagrams, writable, onMessage);
    channel.#read();
    return channel;
  }

  /**
   * Sends a message. Returns `false` if it does not fit a datagram. The message is lost if the network cannot take it
   * now.
   */
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

  /** Stops reading and sending. */
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
      // The session is over. The transport learns that from its stream.
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
