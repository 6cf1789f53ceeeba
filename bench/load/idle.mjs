/** Connections that are opened, greeted, and then only answer pings. The rows about connects use this load as well. */
import { openConnection } from './connection.mjs';

/** Connections that are being opened at the same time. */
const AT_ONCE = 64;

/** @typedef {{ port: number, dialect: 'socket.io' | 'websocket', headers: 'plain' | 'browser' }} IdleOptions */

export class Load {
  #options;
  #open;
  /** @type {import('./connection.mjs').Connection[]} */
  #connections = [];
  #lost = 0;

  /**
   * `open` opens one connection. @param {IdleOptions} options @param {(options: IdleOptions) =>
   * Promise<import('./connection.mjs').Connection>} open
   */
  constructor(options, open = openConnection) {
    this.#options = options;
    this.#open = open;
  }

  /** The number of open connections. */
  get count() {
    return this.#connections.length - this.#lost;
  }

  open() {}

  /** @param {number} count */
  async connect(count) {
    let started = 0;
    const opener = async () => {
      while (started < count) {
        started += 1;
        const connection = await this.#open(this.#options);
        connection.onLost = () => {
          this.#lost += 1;
        };
        connection.onText = () => {};
        this.#connections.push(connection);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, opener));
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
    await Promise.all(Array.from({ length: AT_ONCE }, closer));
  }

  /** Destroys all connections. */
  destroy() {
    for (const connection of this.#connections) connection.destroy();
    this.#connections = [];
  }
}
