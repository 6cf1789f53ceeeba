/** STOMP connections that connect and then do nothing, without heart-beats. */
import { openSessions } from './stomp-session.mjs';

export class Load {
  #options;
  /** @type {any[]} */
  #sessions = [];
  #lost = 0;

  /** @param {{ port: number, dialect: string, headers?: 'plain' | 'browser' }} options */
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
    const opened = await openSessions(count, this.#options);
    for (const session of opened) {
      session.onText = () => {};
      session.onLost = () => {
        this.#lost += 1;
      };
    }
    this.#sessions.push(...opened);
  }

  /** Connections without heart-beats have nothing to answer. */
  pings() {
    return 1;
  }

  /** The number of connections that the server closed. */
  lost() {
    return this.#lost;
  }

  /** Closes all connections with a handshake, 64 at a time. */
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
