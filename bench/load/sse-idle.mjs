/** Streams that are opened, greeted, and then only answer pings. A few connections carry the POSTs of all. */
import { HttpConnection } from './http.mjs';
import { postHead, StreamConnection, sidOf } from './sse-session.mjs';

const POSTERS = 16;

export class Load {
  #port;
  #isUsed;
  /** @type {{ stream: StreamConnection, pings: number }[]} */
  #sessions = [];
  /** @type {HttpConnection[]} */
  #free = [];
  /** @type {{ request: string, done: () => void }[]} */
  #waiting = [];
  #lost = 0;

  /**
   * @param {{ port: number }} options @param {boolean} [isUsed] whether the connections of streams had an earlier
   * request
   */
  constructor({ port }, isUsed = false) {
    this.#port = port;
    this.#isUsed = isUsed;
  }

  /** The number of open sessions. */
  get count() {
    return this.#sessions.length - this.#lost;
  }

  open() {
    this.#free = Array.from({ length: POSTERS }, () => new HttpConnection(this.#port));
    for (const poster of this.#free) {
      poster.onLost = () => {
        this.#lost += 1;
      };
    }
  }

  /** @param {number} count */
  async connect(count) {
    let started = 0;
    const opener = async () => {
      while (started < count) {
        started += 1;
        await this.#connect();
      }
    };
    await Promise.all(Array.from({ length: POSTERS }, opener));
  }

  /** The fewest pings that any session has answered. */
  pings() {
    return Math.min(...this.#sessions.map(({ pings }) => pings));
  }

  /** The number of sessions that the server ended. */
  lost() {
    return this.#lost;
  }

  /** Closes all sessions, 64 at a time. */
  async close() {
    const left = this.#sessions;
    this.#sessions = [];
    const closer = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await next.stream.close();
    };
    await Promise.all(Array.from({ length: 64 }, closer));
  }

  /** Destroys all sessions. */
  destroy() {
    for (const { stream } of this.#sessions) stream.destroy();
    for (const poster of this.#free) poster.destroy();
    this.#sessions = [];
  }

  /** @returns {Promise<void>} */
  #connect() {
    return new Promise((resolve) => {
      const stream = new StreamConnection(this.#port, this.#isUsed);
      const session = { stream, pings: 0 };
      stream.onLost = () => {
        this.#lost += 1;
      };
      stream.onPayload = (handshake) => {
        const head = postHead(this.#port, sidOf(handshake));
        stream.onPayload = (payload) => {
          if (payload !== '2') {
            this.#sessions.push(session);
            resolve();
            return;
          }
          this.#post(`${head}1\r\n\r\n3`, () => {
            session.pings += 1;
          });
        };
        this.#post(`${head}2\r\n\r\n40`, () => {});
      };
    });
  }

  /** @param {string} request @param {() => void} done */
  #post(request, done) {
    const poster = this.#free.pop();
    if (poster === undefined) {
      this.#waiting.push({ request, done });
      return;
    }
    poster.request(request, () => {
      this.#free.push(poster);
      done();
      const next = this.#waiting.shift();
      if (next !== undefined) this.#post(next.request, next.done);
    });
  }
}
