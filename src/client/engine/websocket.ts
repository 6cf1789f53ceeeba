/** The WebSocket transport over the platform's own WebSocket: one packet is one message. engine.io-protocol, "WebSocket". */
import type { Bytes } from '../../base/bytes.js';
import { inMicrotask } from '../microtask.js';
import type { OutgoingPacket } from './options.js';
import { Transport } from './transport.js';

/** The part of a W3C WebSocket that is used. */
export interface WebSocketLike {
  binaryType: string;
  /** 0 while it opens, 1 when it is open, 2 while it closes, 3 when it is closed; ours in Node has none, and says nothing when it is late. */
  readonly readyState?: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown } & never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: never, options?: { compress?: boolean }): void;
  close(): void;
}

/** A WebSocket as browsers have it. */
export class WebSocketTransport extends Transport {
  /** The WebSocket, while there is one. */
  declare ws: WebSocketLike | undefined;

  get name(): string {
    return 'websocket';
  }

  override uri(): string {
    return this.address('ws', false);
  }

  protected createSocket(uri: string, protocols: string | string[] | undefined): WebSocketLike {
    return new WebSocket(uri, protocols) as WebSocketLike;
  }

  protected doOpen(): void {
    let ws: WebSocketLike;
    try {
      ws = this.createSocket(this.uri(), this.opts.protocols);
    } catch (error) {
      // Later, because nobody can listen before the constructor of the engine has returned.
      inMicrotask(() => this.fail(error));
      return;
    }
    this.ws = ws;
    ws.binaryType = this.opts.socket?.binaryType === 'blob' ? 'blob' : 'arraybuffer';
    ws.onopen = () => this.onOpen();
    ws.onmessage = ({ data }: { data: string | Bytes }) => {
      const packet = this.decode(data);
      if (packet) this.onPacket(packet);
    };
    ws.onerror = (event: unknown) => this.fail(event);
    ws.onclose = (context: unknown) => this.onClose({ description: 'websocket connection closed', context });
  }

  protected doClose(): void {
    if (this.ws) {
      this.ws.onopen = this.ws.onmessage = this.ws.onclose = null;
      this.ws.onerror = () => {};
      this.ws.close();
    }
  }

  protected write(packets: readonly OutgoingPacket[]): void {
    for (const packet of packets) {
      // A browser complains on its console about what is sent behind the end.
      if ((this.ws?.readyState ?? 1) < 2) this.ws?.send(this.encode(packet) as never, packet.options);
    }
    this.whenWritable(() => {
      this.writable = true;
      this.emit('drain');
    });
  }

  /** Calls back when more can be written: at once, but later, so that what is emitted together is written together. */
  protected whenWritable(callback: () => void): void {
    inMicrotask(callback);
  }

  protected fail(event: unknown): void {
    this.onError('websocket error', event);
  }
}
