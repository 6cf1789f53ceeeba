/** Both ends of a WebTransport in one process, with the shape that the W3C gives it, since there is no native one in Node. */
import { UnavailableError } from '../base/errors.js';
import { bytes, count, fraction } from '../base/options/kinds.js';
import { type OptionsOf, options, readOptions, type SettingsOf } from '../base/options/table.js';
import type { WebTransportBidirectionalStream, WebTransportCloseInfo } from '../transport/webtransport/w3c.js';
import { SEED, SeededRandom } from './seeded-random.js';
import { TestStream } from './test-stream.js';

/** The table of the options of a WebTransportPair. */
export const webTransportPairTable = options('', {
  /** Seed of everything random. @default 1 */
  seed: SEED,
  /** Part of the datagrams that is lost. @default 0 (number from 0 to 1) */
  datagramLoss: fraction(0, { min: 0, max: 1 }),
  /** Part of the datagrams that the next one overtakes. @default 0 (number from 0 to 1) */
  datagramDisorder: fraction(0, { min: 0, max: 1 }),
  /** Bytes of one datagram. A larger one is dropped silently, as the W3C has it. @default 1200 */
  datagramBytesMax: bytes(1_200),
  /** Bytes on their way in one direction of a stream. Beyond it a write waits. @default 65536 */
  windowBytes: bytes(65_536),
  /** Places at which each write is cut at most. @default 3 (whole number, 0 or more) */
  splitsMax: count(3, { min: 0 }),
});

/** Options of a WebTransportPair. */
export interface WebTransportPairOptions extends OptionsOf<typeof webTransportPairTable> {}

// As many as nobody reads; the oldest go first.
const INCOMING_MAX = 1_000;

/** What the two ends share. */
interface Link {
  readonly random: SeededRandom;
  readonly settings: SettingsOf<typeof webTransportPairTable>;
  readonly streams: Set<TestStream>;
  isHeld: boolean;
}

/** The datagrams of one end, lost and overtaken by chance: what a session has under `datagrams`. */
export class TestDatagrams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Whether nothing arrives; what is sent meanwhile is lost. */
  isHeld = false;
  readonly #link: Link;
  readonly #random: SeededRandom;
  readonly #incoming: Uint8Array[] = [];
  #peer: TestDatagrams | undefined;
  #source: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isWanted = false;
  #late: Uint8Array | undefined;
  #isOver = false;

  /** Made by WebTransportPair. */
  constructor(link: Link) {
    this.#link = link;
    this.#random = link.random.fork();
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
    return this.#link.settings.datagramBytesMax;
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
    const { datagramLoss, datagramDisorder, datagramBytesMax } = this.#link.settings;
    if (this.isHeld || datagram.byteLength > datagramBytesMax || this.#random.chance(datagramLoss)) return;
    const copy = datagram.slice();
    if (this.#late === undefined && this.#random.chance(datagramDisorder)) {
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

/** One end: what a page gets of `new WebTransport(url)`, or what a native server hands to an application. */
export class TestWebTransport {
  readonly ready = Promise.resolve(undefined);
  /** Resolves when either end closed, and rejects when the connection was lost. */
  readonly closed: Promise<WebTransportCloseInfo>;
  readonly incomingBidirectionalStreams: ReadableStream<WebTransportBidirectionalStream>;
  readonly datagrams: TestDatagrams;
  readonly #link: Link;
  #peer: TestWebTransport | undefined;
  #incoming: ReadableStreamDefaultController<WebTransportBidirectionalStream> | undefined;
  #settle: { resolve(end: WebTransportCloseInfo): void; reject(error: unknown): void } | undefined;
  #isOver = false;

  /** Made by WebTransportPair. */
  constructor(link: Link, datagrams: TestDatagrams) {
    this.#link = link;
    this.datagrams = datagrams;
    this.closed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Who does not look at it has not forgotten to: most watch one of the streams.
    this.closed.catch(() => undefined);
    this.incomingBidirectionalStreams = new ReadableStream({
      start: (controller) => {
        this.#incoming = controller;
      },
    });
  }

  /** Opens a stream; the other end finds it among its incoming ones. */
  async createBidirectionalStream(): Promise<WebTransportBidirectionalStream> {
    if (this.#isOver || !this.#peer) throw new UnavailableError('CLOSED', 'the session is closed');
    const up = new TestStream(this.#link.random, this.#link.settings);
    const down = new TestStream(this.#link.random, this.#link.settings);
    for (const stream of [up, down]) {
      stream.hold(this.#link.isHeld);
      this.#link.streams.add(stream);
    }
    this.#peer.receive({ readable: up.readable, writable: down.writable });
    return { readable: down.readable, writable: up.writable };
  }

  /** Ends the session for both ends. What is on its way in its streams is lost, as the W3C has it. */
  close(end: WebTransportCloseInfo = {}): void {
    if (this.#isOver) return;
    const whole = { closeCode: end.closeCode ?? 0, reason: end.reason ?? '' };
    this.finish(whole);
    // The other end learns it from the network, so never while the connection is silent.
    if (!this.#link.isHeld && this.#peer) this.#peer.finish(whole);
  }

  /** Called by WebTransportPair. */
  static join(one: TestWebTransport, other: TestWebTransport): void {
    one.#peer = other;
    other.#peer = one;
  }

  /** The other end opened a stream. Called by it. */
  receive(stream: WebTransportBidirectionalStream): void {
    if (!this.#isOver) this.#incoming?.enqueue(stream);
  }

  /** The session was closed, or lost by an error. Called by the other end and by WebTransportPair. */
  finish(end: WebTransportCloseInfo | UnavailableError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const isLost = end instanceof UnavailableError;
    const why = isLost ? end : new UnavailableError('CLOSED', 'the session is closed');
    if (!this.#link.isHeld) for (const stream of this.#link.streams) stream.fail(why);
    this.datagrams.close();
    try {
      if (isLost) this.#incoming?.error(end);
      else this.#incoming?.close();
    } catch {
      // The application cancelled it.
    }
    if (isLost) this.#settle?.reject(end);
    else this.#settle?.resolve(end);
  }
}

/**
 * A WebTransport with both of its ends. Streams carry everything whole and in order, cut into pieces by chance; datagrams are lost
 * and overtaken by chance. Everything happens in microtasks, so that it comes to rest without a clock.
 */
export class WebTransportPair {
  /** The end of the page. */
  readonly client: TestWebTransport;
  /** The end of the server, for `io.acceptWebTransport`. */
  readonly server: TestWebTransport;
  readonly #link: Link;

  constructor(given?: WebTransportPairOptions) {
    const settings = readOptions(webTransportPairTable, given);
    this.#link = { random: new SeededRandom(settings.seed), settings, streams: new Set(), isHeld: false };
    const ends = [new TestDatagrams(this.#link), new TestDatagrams(this.#link)] as const;
    TestDatagrams.join(ends[0], ends[1]);
    this.client = new TestWebTransport(this.#link, ends[0]);
    this.server = new TestWebTransport(this.#link, ends[1]);
    TestWebTransport.join(this.client, this.server);
  }

  /** The connection breaks: both ends see their session fail. */
  cut(): void {
    this.release();
    const error = new UnavailableError('DISCONNECTED', 'the connection was lost');
    this.client.finish(error);
    this.server.finish(error);
  }

  /** Nothing arrives any more until `release`: to both ends the other one seems silent. */
  hold(): void {
    this.#hold(true);
  }

  /** What was held back arrives now; datagrams that were sent meanwhile are lost. */
  release(): void {
    this.#hold(false);
  }

  #hold(isHeld: boolean): void {
    this.#link.isHeld = isHeld;
    for (const stream of this.#link.streams) stream.hold(isHeld);
    for (const { datagrams } of [this.client, this.server]) datagrams.isHeld = isHeld;
  }
}

/** A `WebTransport` as pages call it. */
export type WebTransportClass = new (url: string, options?: object) => TestWebTransport;

/**
 * A class to stand in for `globalThis.WebTransport`: each session that a client makes with it is a pair, whose other end `onPair` gets,
 * to hand it to a server. When `onPair` throws, the client's `ready` and `closed` reject, as where no server answers.
 */
export function webTransportClass(onPair: (pair: WebTransportPair, url: string) => void): WebTransportClass {
  const connect = function (this: unknown, url: string): TestWebTransport {
    const pair = new WebTransportPair();
    try {
      onPair(pair, url);
    } catch (error) {
      const ready = Promise.reject(error);
      ready.catch(() => undefined);
      Object.defineProperty(pair.client, 'ready', { value: ready });
      pair.client.finish(new UnavailableError('CONNECT_FAILED', String(error)));
    }
    return pair.client;
  };
  return connect as unknown as WebTransportClass;
}
