/** The datagrams of one end of a WebTransport in memory: lost and overtaken by chance. */
import type { SeededRandom } from './seeded-random.js';

/** What may happen to a datagram. */
export interface DatagramChances {
  /** The part that is lost, 0 to 1. */
  readonly loss: number;
  /** The part that the next one overtakes, 0 to 1. */
  readonly disorder: number;
  /** A bigger one is dropped without a word. */
  readonly bytesMax: number;
}

// As many as nobody reads; the oldest go first.
const INCOMING_MAX = 1_000;

/** What a session has under `datagrams`. */
export class TestDatagrams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Whether nothing arrives; what is sent meanwhile is lost. */
  isHeld = false;
  readonly #random: SeededRandom;
  readonly #chances: DatagramChances;
  readonly #incoming: Uint8Array[] = [];
  #peer: TestDatagrams | undefined;
  #source: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isWanted = false;
  #late: Uint8Array | undefined;
  #isOver = false;

  constructor(random: SeededRandom, chances: DatagramChances) {
    this.#random = random;
    this.#chances = chances;
    this.readable = new ReadableStream(
      {
        start: (controller) => {
          this.#source = controller;
        },
        pull: () => {
          this.#isWanted = true;
          this.#deliver();
        },
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream({ write: (datagram) => this.#send(datagram) });
  }

  /** Bytes that one datagram can have. */
  get maxDatagramSize(): number {
    return this.#chances.bytesMax;
  }

  /** Called by WebTransportPair. */
  static join(one: TestDatagrams, other: TestDatagrams): void {
    one.#peer = other;
    other.#peer = one;
  }

  /** The session ended. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.#source?.close();
    } catch {
      // Cancelled by its reader.
    }
  }

  /** A datagram arrives. Called by the other end. */
  receive(datagram: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#incoming.push(datagram) > INCOMING_MAX) this.#incoming.shift();
    this.#deliver();
  }

  #send(datagram: Uint8Array): void {
    const { loss, disorder, bytesMax } = this.#chances;
    if (this.isHeld || datagram.byteLength > bytesMax || this.#random.chance(loss)) return;
    const copy = datagram.slice();
    if (this.#late === undefined && this.#random.chance(disorder)) {
      this.#late = copy;
      return;
    }
    this.#peer?.receive(copy);
    if (this.#late) this.#peer?.receive(this.#late);
    this.#late = undefined;
  }

  #deliver(): void {
    const datagram = this.#isWanted ? this.#incoming.shift() : undefined;
    if (!datagram) return;
    this.#isWanted = false;
    this.#source?.enqueue(datagram);
  }
}
