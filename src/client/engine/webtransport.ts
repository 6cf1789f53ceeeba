/** The WebTransport transport over the platform's own WebTransport. The bulk of it is loaded when a session wants to use it. */
import type { OutgoingPacket } from './options.js';
import { Transport } from './transport.js';
import type { WebTransportStream } from './webtransport-stream.js';

/** A WebTransport as browsers have it, or as an object of that shape that stands at `globalThis.WebTransport`. */
export class WebTransportTransport extends Transport {
  #stream: WebTransportStream | undefined;

  get name(): string {
    return 'webtransport';
  }

  override uri(): string {
    // There is no other kind.
    return this.address('http', false).replace(/s?:/, 's:');
  }

  /** Sends a message beside the ordered ones, its text first; `false` where there is no such way, or the message is too large for it. */
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
