/** Connections over TCP that are opened, greeted, and then only answer pings. */
import { openSessions } from './tcp-session.mjs';

/** @typedef {import('./tcp-session.mjs').TcpSession} TcpSession */

export class Load {
  #options;
  /** @type {TcpSession[]} */
  #sessions = [];
  #lost = 0;

  /** @param {{ port: number, dialect: 'records' | 'lines' | 'bare' }} options */
  constructor(options) {
    this.#options = options;
  }

  /** The number of open connections. */
  get count() {
    return this.#sessions.length - this.#lost;
  }

  open() {}

  /** @param {number} count */
  async connect(count) {
    // The first ping may come before all others are open.
    const opened = await openSessions(count, this.#options, (session) => {
      session.onLost = () => {
        this.#lost += 1;
      };
      session.startIdling();
    });
    this.#sessions.push(...opened);
  }

  /** The fewest pings that any connection has answered. */
  pings() {
    return Math.min(...this.#sessions.map(({ pings }) => pings));
  }

  /** The number of connections that the server closed. */
  lost() {
    return this.#lost;
  }

  /** Closes all connections in order, 64 at a time. */
  async close() {
    const left = this.#sessions;
    this.#sessions = [];
    const closer = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await next.close();
    };
    await Promise.all(Array.from({ length: 64 }, closer));
  }

  /** Destroys all connections. */
  destroy() {
    for (const session of this.#sessions) session.destroy();
    this.#sessions = [];
  }
}
