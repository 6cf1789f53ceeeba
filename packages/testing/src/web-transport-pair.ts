/** Both ends of a WebTransport in one process, with the interface of the W3C, because Node does not have one. */

import type { WebTransportBidirectionalStream, WebTransportCloseInfo } from '@naru/webtransport';
import {
  bytes,
  count,
  fraction,
  isNaruError,
  type OptionsOf,
  options,
  readOptions,
  type SettingsOf,
  UnavailableError,
} from 'naru/base';
import { SEED, SeededRandom } from './seeded-random.js';
import { TestStream } from './test-stream.js';

/** The table of the options of a WebTransportPair. */
export const webTransportPairTable = options('', {
  /** Seed of everything random. @default 1 */
  seed: SEED,
  /** Share of the datagrams that is lost. @default 0 (number from 0 to 1) */
  datagramLoss: fraction(0, { min: 0, max: 1 }),
  /** Share of the datagrams that the next one overtakes. @default 0 (number from 0 to 1) */
  datagramDisorder: fraction(0, { min: 0, max: 1 }),
  /** Bytes of one datagram. A larger one is dropped silently, as in the W3C standard. @default 1200 */
  datagramBytesMax: bytes(1_200),
  /** Bytes on their way in one direction of a stream. Beyond that, writes wait. @default 65536 */
  windowBytes: bytes(65_536),
  /** Most random places at which a write is cut. @default 3 (whole number, 0 or more) */
  splitsMax: count(3, { min: 0 }),
});

/** Options of a WebTransportPair. */
export interface WebTransportPairOptions extends OptionsOf<typeof webTransportPairTable> {}

// Bound of unread datagrams. Beyond that, the oldest are dropped.
const INCOMING_MAX = 1_000;

/** The state that both ends share. */
interface PairState {
  readonly random: SeededRandom;
  readonly settings: SettingsOf<typeof webTransportPairTable>;
  readonly streams: Set<TestStream>;
  isHeld: boolean;
}

/** The property `datagrams` of a session. Datagrams are lost and overtaken by chance. */
export class TestDatagrams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Whether the connection is silent. Datagrams that are sent meanwhile are lost. */
  isHeld = false;
  readonly #pair: PairState;
  readonly #random: SeededRandom;
  readonly #incoming: Uint8Array[] = [];
  #peer: TestDatagrams | undefined;
  #source: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isWanted = false;
  #late: Uint8Array | undefined;
  #isOver = false;

  /** WebTransportPair calls it. */
  constructor(pair: PairState) {
    this.#pair = pair;
    this.#random = pair.random.fork();
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

  /** Most bytes of one datagram. */
  get maxDatagramSize(): number {
    return this.#pair.settings.datagramBytesMax;
  }

  /** Connects two ends. WebTransportPair calls it. */
  static join(one: TestDatagrams, other: TestDatagrams): void {
    one.#peer = other;
    other.#peer = one;
  }

  /** Ends the incoming datagrams, because the session has ended. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.#source?.close();
    } catch {
      // The reader has cancelled the stream.
    }
  }

  /** Takes a datagram. The other end calls it. */
  receive(datagram: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#incoming.push(datagram) > INCOMING_MAX) this.#incoming.shift();
    this.#deliver();
  }

  #send(datagram: Uint8Array): void {
    const { datagramLoss, datagramDisorder, datagramBytesMax } = this.#pair.settings;
    if (this.isHeld || datagram.byteLength > datagramBytesMax || this.#random.chance(datagramLoss)) return;
    const copy = new Uint8Array(datagram);
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

/**
 * One end: the object that `new WebTransport(url)` makes in a page, or that a native server passes to an application.
 */
export class TestWebTransport {
  readonly ready = Promise.resolve(undefined);
  /** Resolves when either end has closed the session, and rejects when the connection is lost. */
  readonly closed: Promise<WebTransportCloseInfo>;
  readonly incomingBidirectionalStreams: ReadableStream<WebTransportBidirectionalStream>;
  readonly datagrams: TestDatagrams;
  readonly #pair: PairState;
  #peer: TestWebTransport | undefined;
  #incoming: ReadableStreamDefaultController<WebTransportBidirectionalStream> | undefined;
  #settle: { resolve(end: WebTransportCloseInfo): void; reject(error: unknown): void } | undefined;
  #isOver = false;

  /** WebTransportPair calls it. */
  constructor(pair: PairState, datagrams: TestDatagrams) {
    this.#pair = pair;
    this.datagrams = datagrams;
    this.closed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Most applications watch one of the streams instead, so a rejection that nothing handles is not an error.
    this.closed.catch(() => undefined);
    this.incomingBidirectionalStreams = new ReadableStream({
      start: (controller) => {
        this.#incoming = controller;
      },
    });
  }

  /** Opens a stream. The other end gets it in `incomingBidirectionalStreams`. */
  async createBidirectionalStream(): Promise<WebTransportBidirectionalStream> {
    if (this.#isOver || !this.#peer) throw new UnavailableError('CLOSED', 'the session is closed');
    const up = new TestStream(this.#pair.random, this.#pair.settings);
    const down = new TestStream(this.#pair.random, this.#pair.settings);
    for (const stream of [up, down]) {
      stream.hold(this.#pair.isHeld);
      this.#pair.streams.add(stream);
    }
    this.#peer.receive({ readable: up.readable, writable: down.writable });
    return { readable: down.readable, writable: up.writable };
  }

  /** Ends the session for both ends. Data on its way in its streams is lost, as in the W3C standard. */
  close(end: WebTransportCloseInfo = {}): void {
    if (this.#isOver) return;
    const whole = { closeCode: end.closeCode ?? 0, reason: end.reason ?? '' };
    this.finish(whole);
    // The other end learns of the close through the network, so a silent connection does not report it.
    if (!this.#pair.isHeld && this.#peer) this.#peer.finish(whole);
  }

  /** Connects two ends. WebTransportPair calls it. */
  static join(one: TestWebTransport, other: TestWebTransport): void {
    one.#peer = other;
    other.#peer = one;
  }

  /** Takes a stream that the other end has opened. The other end calls it. */
  receive(stream: WebTransportBidirectionalStream): void {
    if (!this.#isOver) this.#incoming?.enqueue(stream);
  }

  /** Ends the session, with an error if its connection is lost. The other end and WebTransportPair call it. */
  finish(end: WebTransportCloseInfo | UnavailableError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const isLost = isNaruError(end, 'UnavailableError');
    const why = isLost ? end : new UnavailableError('CLOSED', 'the session is closed');
    if (!this.#pair.isHeld) for (const stream of this.#pair.streams) stream.fail(why);
    this.datagrams.close();
    try {
      if (isLost) this.#incoming?.error(end);
      else this.#incoming?.close();
    } catch {
      // The application has cancelled the stream.
    }
    if (isLost) this.#settle?.reject(end);
    else this.#settle?.resolve(end);
  }
}

/**
 * A WebTransport with both of its ends. Streams carry all data in order, in random pieces. Datagrams are lost and
 * overtaken by chance. Everything happens in microtasks, so that no clock is needed.
 */
export class WebTransportPair {
  /** The end of the page. */
  readonly client: TestWebTransport;
  /** The end of the server, for `io.acceptWebTransport`. */
  readonly server: TestWebTransport;
  readonly #state: PairState;

  constructor(given?: WebTransportPairOptions) {
    const settings = readOptions(webTransportPairTable, given);
    this.#state = { random: new SeededRandom(settings.seed), settings, streams: new Set(), isHeld: false };
    const ends = [new TestDatagrams(this.#state), new TestDatagrams(this.#state)] as const;
    TestDatagrams.join(ends[0], ends[1]);
    this.client = new TestWebTransport(this.#state, ends[0]);
    this.server = new TestWebTransport(this.#state, ends[1]);
    TestWebTransport.join(this.client, this.server);
  }

  /** Breaks the connection. Both ends see their session fail. */
  cut(): void {
    this.release();
    const error = new UnavailableError('DISCONNECTED', 'the connection was lost');
    this.client.finish(error);
    this.server.finish(error);
  }

  /** Silences the connection until `release`. Nothing arrives, and neither end notices. */
  hold(): void {
    this.#hold(true);
  }

  /** Ends a silence. Data of streams that was held back arrives; datagrams that were sent meanwhile are lost. */
  release(): void {
    this.#hold(false);
  }

  #hold(isHeld: boolean): void {
    this.#state.isHeld = isHeld;
    for (const stream of this.#state.streams) stream.hold(isHeld);
    for (const { datagrams } of [this.client, this.server]) datagrams.isHeld = isHeld;
  }
}

/** The class `WebTransport` as pages use it. */
export type WebTransportClass = new (url: string, options?: object) => TestWebTransport;

/**
 * Returns a class that replaces `globalThis.WebTransport`. Each session that a client makes with it belongs to a new
 * pair. `onPair` gets the pair, and passes its `server` end to a server. If `onPair` throws, the client's `ready` and
 * `closed` reject, as when no server answers.
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
