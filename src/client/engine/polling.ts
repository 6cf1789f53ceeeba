/** Long-polling: a GET always waits for data, a POST carries data up. engine.io-protocol, "HTTP long-polling". */
import { type Bytes, encodeBase64, utf8Size } from '../../base/bytes.js';
import { throwLater } from '../../base/uncaught.js';
import { decodePacket, type EnginePacket } from '../../protocol/engine-io/packet.js';
import { readBlobs } from './data.js';
import type { EngineData, OutgoingPacket } from './options.js';
import { Transport } from './transport.js';

/** Between the packets of a payload. protocol/engine-io/payload has limits besides, which a page need not carry. */
const SEPARATOR = '\x1e';

/** Ends a request that is under way. */
export type Abort = () => void;

/** What comes of a request: its body, or why there is none. */
export interface Outcome {
  /** `goesOn`: there will be more, because the answer is a stream of payloads. */
  onText(text: string, goesOn?: boolean): void;
  /** `status` is the HTTP status or what was thrown. */
  onFailure(status: unknown, context: unknown): void;
}

/** Base of the polling transports, which differ in how they make a request. */
export abstract class Polling extends Transport {
  /** Ends the GET and the POST that are under way. */
  readonly #aborts: [get?: Abort | undefined, post?: Abort | undefined] = [];
  #onIdle: (() => void) | undefined;

  get name(): string {
    return 'polling';
  }

  /** Words in the messages of errors: those of a GET and of a POST. */
  protected readonly labels: readonly [string, string] = ['xhr poll error', 'xhr post error'];
  /** Makes one request: a POST of `body`, or a GET when there is none. */
  protected abstract request(body: string | undefined, outcome: Outcome): Abort;

  /** How many of these packets fit a payload; at least one, since it is for the server to say that it is too big. */
  fit(packets: readonly OutgoingPacket[], bytesMax: number): number {
    // The first has no separator.
    let bytes = -1;
    const index = packets.findIndex(({ data }, at) => {
      bytes += 2 + encodedSize(data);
      return at > 0 && bytes > bytesMax;
    });
    return index < 0 ? packets.length : index;
  }

  /** Calls back when nothing is on its way any more, so that another transport can go on. */
  pause(onPause: () => void): void {
    this.readyState = 'pausing';
    this.#onIdle = () => {
      if (this.#aborts.some(Boolean) || this.readyState !== 'pausing') return;
      this.readyState = 'paused';
      onPause();
    };
    this.#onIdle();
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#onIdle = undefined;
    this.readyState = 'open';
    if (!this.#aborts[0]) this.#poll();
  }

  protected doOpen(): void {
    this.#poll();
  }

  /** A stream was opened. One that comes to a session beside its transport is ready then; the first opens with the handshake. */
  protected onStream(): void {
    if (this.query.sid && this.readyState === 'opening') this.onOpen();
  }

  protected doClose(): void {
    const stop = (): void => {
      for (const abort of this.#aborts) abort?.();
    };
    // The answer to a close packet ends the waiting GET; without one, nothing would.
    if (this.readyState === 'open' && this.writable) this.#post([this.encode({ type: 'close' })], stop);
    else stop();
  }

  protected write(packets: readonly OutgoingPacket[]): void {
    const onDone = (): void => {
      this.onDrain();
      this.#onIdle?.();
    };
    const post = (read: readonly OutgoingPacket[]): void =>
      this.#post(
        read.map((packet) => this.encode(packet)),
        onDone,
      );
    readBlobs(this, packets, post);
  }

  #poll(): void {
    this.#start(0, undefined, (text) => this.#onPayload(text));
  }

  #post(units: readonly unknown[], onDone: () => void): void {
    const body = units.map((unit) => (typeof unit === 'string' ? unit : `b${encodeBase64(unit as Bytes)}`));
    this.#start(1, body.join(SEPARATOR), onDone);
  }

  /** Starts the GET (0) or the POST (1); of each, one at most is under way. */
  #start(index: 0 | 1, body: string | undefined, onText: (text: string) => void): void {
    this.#aborts[index] = this.request(body, {
      onText: (text, goesOn) => {
        if (!goesOn) this.#aborts[index] = undefined;
        onText(text);
      },
      onFailure: (status, context) => {
        // Not to be aborted any more: that would wipe what a listener finds in `context`.
        this.#aborts[index] = undefined;
        this.onError(this.labels[index], status, context);
      },
    });
  }

  #onPayload(text: string): void {
    let packets: EnginePacket[];
    try {
      packets = text.split(SEPARATOR).map((unit) =>
        // HTTP streaming writes a text so whose line breaks would be lost.
        decodePacket(unit[0] === '"' ? JSON.parse(unit) : unit),
      );
    } catch (error) {
      this.emit('error', error);
      return;
    }
    for (const packet of packets) {
      if (this.readyState === 'opening' && packet.type === 'open') this.onOpen();
      if (packet.type === 'close') {
        this.onClose({ description: 'transport closed by the server' });
        return;
      }
      try {
        this.onPacket(packet);
      } catch (error) {
        // What a listener throws must neither lose the packets behind this one nor end the polling.
        throwLater(error);
      }
    }
    this.#onIdle?.();
    if (this.readyState === 'open' && !this.#aborts[0]) this.#poll();
  }
}

function encodedSize(data: EngineData | undefined): number {
  if (data === undefined || typeof data === 'string') return utf8Size(data ?? '');
  return Math.ceil((data instanceof Blob ? data.size : data.byteLength) / 3) * 4;
}
