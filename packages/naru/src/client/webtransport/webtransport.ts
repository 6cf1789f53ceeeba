/**
 * The WebTransport transport over the platform's own WebTransport. Most of its code is loaded only when a session uses
 * it.
 */
import type { OutgoingPacket } from '../engine/options.js';
import { Transport } from '../engine/transport.js';
import type { WebTransportStream } from './webtransport-stream.js';

/** Uses the WebTransport API of browsers, or an object of that shape at `globalThis.WebTransport`. */
export class WebTransportTransport extends Transport {
  #stream: WebTransportStream | undefined;

  get name(): string {
    return 'webtransport';
  }

  override uri(): string {
    // WebTransport always uses TLS.
    return this.address('http', false).replace(/s?:/, 's:');
  }

  /**
   * Sends a message outside the ordered stream, text first. Returns `false` when it cannot, or when the message is too
   * large.
   */
  sendVolatile(units: readonly unknown[]): boolean {
    return !!this.#stream?.sendVolatile(units);
  }

  protected load(): Promise<typeof import('./webtransport-stream.js')> {
    return import('./webtransport-stream.js');
  }

  protected doOpen(): void {
    this.load()
      .then((module) => {
        if (this.readyState === 'opening') this.#stream = new module.WebTransportStream(this);
      })
      .catch((error) => this.onError('webtransport error', error));
  }

  protected doClose(): void {
    this.#stream?.close();
  }

  protected write(packets: readonly OutgoingPacket[]): void {
    this.#stream
      ?.write(packets.map((packet) => this.encode(packet)))
      .then(() => this.onDrain())
      .catch((error) => this.onError('webtransport error', error));
  }
}
