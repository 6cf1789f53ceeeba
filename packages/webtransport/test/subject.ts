/** Opens a WebTransport transport over a pair in memory, for the contract of transports. */
import { waitsOf } from '../../naru/src/base/deadlines.js';
import { RecordDecoder } from '../../naru/src/protocol/record/decoder.js';
import { encodeRecord } from '../../naru/src/protocol/record/encode.js';
import { DATAGRAMS_WELCOME, DatagramReader, encodeDatagram } from '../../naru/src/protocol/webtransport/datagram.js';
import type { Unit } from '../../naru/src/transport/encoded-packet.js';
import type { ContractEnd, ContractPeer, OpenSubject } from '../../testing/src/contracts/transport-contract.js';
import { FakeClock } from '../../testing/src/fake-clock.js';
import { WebTransportPair } from '../../testing/src/web-transport-pair.js';
import { WebTransportTransport } from '../src/transport.js';

const UNIT_BYTES_MAX = 1_000_000;

/** A client with one stream, record by record. */
class StreamPeer implements ContractPeer {
  readonly received: Unit[] = [];
  readonly receivedVolatile: Unit[][] = [];
  end: ContractEnd | undefined;
  readonly #pair: WebTransportPair;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #datagrams: WritableStreamDefaultWriter<Uint8Array>;
  #sequence = 0;
  #waits: Promise<void> | undefined;
  #resume: (() => void) | undefined;

  constructor(
    pair: WebTransportPair,
    stream: { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> },
  ) {
    this.#pair = pair;
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(() => undefined);
    this.#datagrams = pair.client.datagrams.writable.getWriter();
    pair.client.closed.then(
      ({ closeCode, reason }) => {
        this.end = { code: closeCode, reason };
      },
      () => {
        this.end = {};
      },
    );
    this.send(DATAGRAMS_WELCOME);
    this.#read(stream.readable).catch(() => undefined);
    this.#readDatagrams().catch(() => undefined);
  }

  get isEnded(): boolean {
    return this.end !== undefined;
  }

  send(unit: Unit): void {
    this.#writer.write(encodeRecord(unit)).catch(() => undefined);
  }

  sendVolatile(units: readonly Unit[]): void {
    const datagram = encodeDatagram(this.#sequence, units, 1_200);
    this.#sequence += 1;
    if (datagram) this.#datagrams.write(datagram);
  }

  pause(): void {
    this.#waits = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#waits = undefined;
    this.#resume?.();
  }

  close(): void {
    const end = (): void => this.#pair.client.close();
    this.#writer.close().then(end, end);
  }

  closeHalf(): void {
    this.#writer.close().catch(() => undefined);
  }

  vanish(): void {
    this.#pair.cut();
  }

  async #read(readable: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new RecordDecoder(Number.POSITIVE_INFINITY);
    const sink = {
      onUnit: (_context: undefined, unit: Unit) => {
        if (unit !== DATAGRAMS_WELCOME) this.received.push(unit);
      },
      onViolation: (_context: undefined, error: Error) => {
        throw error;
      },
    };
    const reader = readable.getReader();
    for (;;) {
      await this.#waits;
      const { done, value } = await reader.read();
      if (done) return;
      await this.#waits;
      decoder.decode(value, 0, sink, undefined);
    }
  }

  async #readDatagrams(): Promise<void> {
    const datagrams = new DatagramReader();
    const reader = this.#pair.client.datagrams.readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const units = datagrams.read(value);
      if (units) this.receivedVolatile.push(units);
    }
  }
}

/** Opens a stream that cuts all data into pieces, and datagrams that all arrive. */
export const openWebTransport: OpenSubject = async (handler) => {
  const clock = new FakeClock();
  const pair = new WebTransportPair({ seed: 7, splitsMax: 5 });
  const settings = { clock, recordBytesMax: UNIT_BYTES_MAX, closeDeadlines: waitsOf(clock, 1_000) };
  const peer = new StreamPeer(pair, await pair.client.createBidirectionalStream());
  const { value: stream } = await pair.server.incomingBidirectionalStreams.getReader().read();
  if (!stream) throw new Error('no stream');
  const transport = new WebTransportTransport(pair.server, stream, settings, handler);
  return { transport, peer, unitBytesMax: UNIT_BYTES_MAX, settle: () => clock.settle() };
};
