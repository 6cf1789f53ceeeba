/** Long-polling: a GET always waits for data, and a POST sends data. engine.io-protocol, "HTTP long-polling". */
import { type Bytes, encodeBase64, utf8Size } from '../../base/bytes.js';
import { decodePacket, type EnginePacket } from '../../protocol/engine-io/packet.js';
import { inMicrotask } from '../microtask.js';
import { readBlobs } from './data.js';
import type { EngineData, OutgoingPacket } from './options.js';
import { Transport } from './transport.js';

/** The separator of packets in a payload. A page does not need the limits that protocol/engine-io/payload checks. */
const SEPARATOR = '\x1e';

/** Aborts a running request. */
export type Abort = () => void;

/** The callbacks of a request, for its body or its failure. */
export interface Outcome {
  /** `goesOn` says that more will follow, because the response is a stream of payloads. */
  onText(text: string, goesOn?: boolean): void;
  /** `status` is the HTTP status or the thrown error. */
  onFailure(status: unknown, context: unknown): void;
}

/** The base class of the polling transports, which differ in how they make a request. */
export abstract class Polling extends Transport {
  /** Aborts the running GET and POST. */
  readonly #aborts: [get?: Abort | undefined, post?: Abort | undefined] = [];
  #onIdle: (() => void) | undefined;

  get name(): string {
    return 'polling';
  }

  /** The error messages of a failed GET and a failed POST. */
  protected readonly labels: readonly [string, string] = ['xhr poll error', 'xhr post error'];
  /** Makes one request: a POST of `body`, or a GET without one. */
  protected abstract request(body: string | undefined, outcome: Outcome): Abort;

  /**
   * Returns how many of these packets fit a payload. At least one, because the server decides whether a packet is too
   * large.
   */
  fit(packets: readonly OutgoingPacket[], bytesMax: number): number {
    // The first packet needs no separator.
    let bytes = -1;
    const index = packets.findIndex(({ data }, at) => {
      bytes += 2 + encodedSize(data);
      return at > 0 && bytes > bytesMax;
    });
    return index < 0 ? packets.length : index;
  }

  /** Calls `onPause` when no more requests are running, so that another transport can take over. */
  pause(onPause: () => void): void {
    this.readyState = 'pausing';
    this.#onIdle = () => {
      // While Blobs are read, no request is running.
      if (!this.writable || this.#aborts.some(Boolean) || this.readyState !== 'pausing') return;
      this.readyState = 'paused';
      onPause();
    };
    this.#onIdle();
  }

  /** Continues after `pause`. */
  resume(): void {
    if (this.readyState === 'closed') return;
    this.#onIdle = undefined;
    this.readyState = 'open';
    if (!this.#aborts[0]) this.#poll();
  }

  protected doOpen(): void {
    this.#poll();
  }

  /**
   * Called when a stream has opened. A stream that joins an existing session is open now. The first stream of a session
   * opens with the handshake.
   */
  protected onStream(): void {
    if (this.query.sid && this.readyState === 'opening') this.onOpen();
  }

  protected doClose(): void {
    const stop = (): void => {
      for (const abort of this.#aborts) abort?.();
    };
    // The server answers the waiting GET when it gets a close packet. Otherwise that GET would not end.
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

  /** Starts the GET (0) or the POST (1). At most one of each runs at a time. */
  #start(index: 0 | 1, body: string | undefined, onText: (text: string) => void): void {
    const onFailure = (status: unknown, context?: unknown): void => {
      // Aborting now would clear the `context` that a listener gets.
      this.#aborts[index] = undefined;
      // After a failed POST, nothing else ends the waiting GET: the server may not know of the close.
      this.#aborts[0]?.();
      this.onError(this.labels[index], status, context);
    };
    try {
      this.#aborts[index] = this.request(body, {
        onText: (text, goesOn) => {
          if (!goesOn) this.#aborts[index] = undefined;
          onText(text);
        },
        onFailure,
      });
    } catch (error) {
      // Postponed, because no listener can be added before the engine's constructor has returned.
      inMicrotask(() => onFailure(error));
    }
  }

  #onPayload(text: string): void {
    let packets: EnginePacket[];
    try {
      packets = text.split(SEPARATOR).map((unit) =>
        // HTTP streaming writes a text as JSON if its line breaks would be lost otherwise.
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
      this.onPacket(packet);
    }
    this.#onIdle?.();
    if (this.readyState === 'open' && !this.#aborts[0]) this.#poll();
  }
}

function encodedSize(data: EngineData = ''): number {
  if (typeof data === 'string') return utf8Size(data);
  return Math.ceil((data instanceof Blob ? data.size : data.byteLength) / 3) * 4;
}
