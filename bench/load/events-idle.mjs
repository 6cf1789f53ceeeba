/** Event streams that are opened and then only receive keep-alive comments. */
import { openStreams } from './events-stream.mjs';

/** @typedef {import('./events-stream.mjs').EventsStream} EventsStream */

export class Load {
  #port;
  /** @type {EventsStream[]} */
  #streams = [];
  #lost = 0;

  /** @param {{ port: number }} options */
  constructor({ port }) {
    this.#port = port;
  }

  /** The number of open streams. */
  get count() {
    return this.#streams.length - this.#lost;
  }

  open() {}

  /** @param {number} count */
  async connect(count) {
    const opened = await openStreams(count, this.#port, '/events/room');
    for (const stream of opened) {
      stream.onLost = () => {
        this.#lost += 1;
      };
      this.#streams.push(stream);
    }
  }

  /** The number of streams that the server ended. */
  lost() {
    return this.#lost;
  }

  /** Closes all streams, 64 at a time. */
  async close() {
    const left = this.#streams;
    this.#streams = [];
    const closer = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await next.close();
    };
    await Promise.all(Array.from({ length: 64 }, closer));
  }

  /** Destroys all streams. */
  destroy() {
    for (const stream of this.#streams) stream.destroy();
    this.#streams = [];
  }
}
