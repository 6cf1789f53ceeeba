/** Sessions over UDP that are opened, greeted, and then only answer pings. */
import { UdpSession } from './udp-session.mjs';

const AT_ONCE = 50;

export class Load {
  #port;
  /** @type {UdpSession[]} */
  #sessions = [];

  /** @param {{ port: number }} options */
  constructor({ port }) {
    this.#port = port;
  }

  /** The number of open sessions. */
  get count() {
    return this.#sessions.length - this.lost();
  }

  open() {}

  /** @param {number} count */
  async connect(count) {
    for (let opened = 0; opened < count; opened += AT_ONCE) {
      const sessions = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => new UdpSession());
      await Promise.all(sessions.map((session) => session.open(this.#port)));
      this.#sessions.push(...sessions);
    }
  }

  /** The fewest pings that any session has answered. */
  pings() {
    return Math.min(...this.#sessions.map(({ pings }) => pings));
  }

  /** The number of sessions that the server closed. */
  lost() {
    return this.#sessions.filter(({ isLost }) => isLost).length;
  }

  /** Closes all sessions with a goodbye. */
  close() {
    for (const session of this.#sessions) session.close();
    this.#sessions = [];
  }

  /** Destroys all sessions. */
  destroy() {
    for (const session of this.#sessions) session.destroy();
    this.#sessions = [];
  }
}
