/** A client that acts only when told: it answers pings if asked to, and sends exactly the messages of a test. */

import type {
  WebSocketConnection,
  WebSocketHandler,
} from '../../../packages/naru/src/transport/websocket/connection.js';
import { dialWebSocket } from '../../../packages/naru/src/transport/websocket/dial.js';
import { webSocketSettings } from '../../../packages/naru/src/transport/websocket/settings.js';
import type { Link } from '../../../packages/testing/src/network/link.js';
import type { TestServer } from '../../../packages/testing/src/test-server.js';

export interface RawClientOptions {
  /** Answers pings. */
  answersPings?: boolean;
  /** Additions to the query. */
  query?: string;
}

/** The server to which a client connects. */
export type RawServer = Pick<TestServer, 'url' | 'clock' | 'network'>;

/** An Engine.IO client over a WebSocket of the test network. */
export class RawClient implements WebSocketHandler {
  /** Every message that arrived, with binary ones as Buffers. */
  readonly received: (string | Buffer)[] = [];
  /** How the connection ended. */
  ended: { code: number; reason: string; at: number } | undefined = undefined;
  link: Link | undefined = undefined;
  readonly #server: RawServer;
  readonly #answersPings: boolean;
  #connection: WebSocketConnection | undefined = undefined;
  #early: (string | Buffer)[] = [];

  private constructor(server: RawServer, options: RawClientOptions) {
    this.#server = server;
    this.#answersPings = options.answersPings ?? false;
  }

  /** Connects. Resolves when nothing is left to do at this time. If the server refused the client, `ended` is set. */
  static async open(server: RawServer, options: RawClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(server, options);
    const { clock, network } = server;
    const known = new Set(network.links);
    const settings = webSocketSettings({ clock, random: network.random.fork() });
    const url = `${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${options.query ?? ''}`;
    dialWebSocket(url, { agent: network.agent }, settings, client).then(
      (connection) => {
        client.#connection = connection;
        client.send(...client.#early.splice(0));
      },
      () => {
        client.ended ??= { code: 0, reason: 'refused', at: clock.elapsed };
      },
    );
    await clock.settle();
    client.link = [...network.links].find((link) => !known.has(link));
    return client;
  }

  /** The texts that arrived. */
  get texts(): string[] {
    return this.received.filter((unit) => typeof unit === 'string');
  }

  /** The session's id. */
  get sid(): string | undefined {
    const handshake = this.texts.find((text) => text.startsWith('0{'));
    return handshake && (JSON.parse(handshake.slice(1)) as { sid: string }).sid;
  }

  /** Sends messages, or keeps them until the connection is open. */
  send(...units: (string | Buffer)[]): this {
    const connection = this.#connection;
    if (!connection) this.#early.push(...units);
    else
      for (const unit of units) {
        if (typeof unit === 'string') connection.sendText(unit);
        else connection.sendBinary(unit);
      }
    return this;
  }

  close(): void {
    this.#connection?.close(1000);
  }

  terminate(): void {
    this.#connection?.terminate();
  }

  onText(_connection: WebSocketConnection, text: string): void {
    this.received.push(text);
    if (text === '2' && this.#answersPings) this.send('3');
  }

  onBinary(_connection: WebSocketConnection, data: Buffer): void {
    this.received.push(data);
  }

  onWritable(): void {}

  onClose(_connection: WebSocketConnection, code: number, reason: string): void {
    this.ended ??= { code, reason, at: this.#server.clock.elapsed };
  }
}
