/** Connections that are opened, greeted, and then only answer pings. Also the load of the rows that count connects. */
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

  /** Connections open now. */
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

  /** How many pings the connection that answered fewest has answered. */
  pings() {
    return Math.min(...this.#connections.map(({ pings }) => pings));
  }

  /** How many connections the server closed on us. */
  lost() {
    return this.#lost;
  }

  /** Closes all politely, 64 at a time. */
  async close() {
    const left = this.#connections;
    this.#connections = [];
    const closer = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await next.close();
    };
    await Promise.all(Array.from({ length: 64 }, closer));
  }

  /** Cuts all. */
  destroy() {
    for (const connection of this.#connections) connection.destroy();
    this.#connections = [];
  }
}
