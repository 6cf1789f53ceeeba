/** Connections that are opened, greeted, and then only answer pings. The rows about connects use this load as well. */
import { openConnections } from './connection.mjs';

export class Load {
  #options;
  /** @type {import('./connection.mjs').Connection[]} */
  #connections = [];
  #lost = 0;

  /** @param {{ port: number, dialect: 'socket.io' | 'websocket', headers: 'plain' | 'browser' }} options */
  constructor(options) {
    this.#options = options;
  }

  /** The number of open connections. */
  get count() {
    return this.#connections.length - this.#lost;
  }

  open() {}

  /** @param {number} count */
  async connect(count) {
    const opened = await openConnections(count, { ...this.#options, concurrency: 64 });
    for (const connection of opened) {
      connection.onLost = () => {
        this.#lost += 1;
      };
      connection.onText = () => {};
    }
    this.#connections.push(...opened);
  }

  /** The fewest pings that any connection has answered. */
  pings() {
    return Math.min(...this.#connections.map(({ pings }) => pings));
  }

  /** The number of connections that the server closed. */
  lost() {
    return this.#lost;
  }

  /** Closes all connections with a handshake, 64 at a time. */
  async close() {
    const left = this.#connections;
    this.#connections = [];
    const closer = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await next.close();
    };
    await Promise.all(Array.from({ length: 64 }, closer));
  }

  /** Destroys all connections. */
  destroy() {
    for (const connection of this.#connections) connection.destroy();
    this.#connections = [];
  }
}
