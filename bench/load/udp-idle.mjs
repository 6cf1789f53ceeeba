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

  /** Sessions open now. */
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

  /** How many pings the session that answered fewest has answered. */
  pings() {
    return Math.min(...this.#sessions.map(({ pings }) => pings));
  }

  /** How many sessions the server closed on us. */
  lost() {
    return this.#sessions.filter(({ isLost }) => isLost).length;
  }

  /** Says goodbye for all. */
  close() {
    for (const session of this.#sessions) session.close();
    this.#sessions = [];
  }

  /** Is gone. */
  destroy() {
    for (const session of this.#sessions) session.destroy();
    this.#sessions = [];
  }
}
