/**
 * The WebSocket transport over the platform's own WebSocket: one packet is one message. engine.io-protocol,
 * "WebSocket".
 */
import type { Bytes } from '../../base/bytes.js';
import { inMicrotask } from '../microtask.js';
import type { OutgoingPacket } from './options.js';
import { Transport } from './transport.js';

/** Uses the WebSocket API of browsers. */
export class WebSocketTransport extends Transport {
  /** The WebSocket, while there is one. */
  declare ws: WebSocket | undefined;

  get name(): string {
    return 'websocket';
  }

  override uri(): string {
    return this.address('ws');
  }

  protected doOpen(): void {
    try {
      const ws = new WebSocket(this.uri(), this.opts.protocols);
      this.ws = ws;
      ws.binaryType = 'arraybuffer';
      ws.onopen = () => this.onOpen();
      ws.onmessage = ({ data }) => this.onUnit(data as string | Bytes);
      ws.onerror = (event) => this.onError('websocket error', event);
      ws.onclose = (context) => this.onClose({ description: 'websocket connection closed', context });
    } catch (error) {
      // Postponed, because no listener can be added before the engine's constructor has returned.
      inMicrotask(() => this.onError('websocket error', error));
    }
  }

  protected doClose(): void {
    const { ws } = this;
    if (ws) {
      ws.onopen = ws.onmessage = ws.onclose = null;
      ws.onerror = () => {};
      ws.close();
    }
  }

  protected write(packets: readonly OutgoingPacket[]): void {
    const ws = this.ws as WebSocket;
    // A browser writes a warning to its console when data is sent after the end.
    for (const packet of packets) if (!(ws.readyState > 1)) ws.send(this.encode(packet) as string);
    // Postponed, so that events emitted together are written together.
    inMicrotask(() => this.onDrain());
  }
}
