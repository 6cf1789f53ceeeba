/**
 * One room of event streams. A request makes the server emit a window of messages. When every stream has them, the next
 * request follows.
 */
import { openStreams } from './events-stream.mjs';
import { HttpConnection } from './http.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';

export class Load {
  /** Deliveries so far. */
  count = 0;
  #options;
  /** @type {import('./events-stream.mjs').EventsStream[]} */
  #streams = [];
  /** @type {HttpConnection | undefined} */
  #asker;
  #said = 0;
  /** Streams that have all messages so far. */
  #complete = 0;
  #isStopping = false;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /** @param {{ port: number, receivers: number, window: number }} options */
  constructor(options) {
    this.#options = options;
  }

  async open() {
    const { port, receivers } = this.#options;
    this.#streams = await openStreams(receivers, port, '/events/room');
    this.#asker = new HttpConnection(port);
    this.#asker.onLost = (error) => this.#fail(error);
    for (const stream of this.#streams) {
      let had = stream.count;
      stream.onLost = (error) => this.#fail(error);
      stream.onEvents = () => {
        this.count += stream.count - had;
        had = stream.count;
        if (had > this.#said) this.#fail(new Error('a stream got more messages than were sent'));
        if (had === this.#said) this.#finish();
      };
    }
  }

  start() {
    this.#say(this.#options.window);
  }

  /** Lets the window run empty, then requests one more message, of which every stream compares every byte. */
  async stop() {
    this.#isStopping = true;
    await this.#drain();
    for (const stream of this.#streams) stream.text = '';
    this.#say(1);
    await this.#drain();
    const expected = `event: said\ndata: ["${TEXT}"]\n\n`;
    for (const { text } of this.#streams) {
      if (!text?.includes(expected)) throw new Error(`a stream got ${text}`);
    }
    for (const stream of this.#streams) stream.destroy();
    this.#asker?.destroy();
    return { sent: this.#said, delivered: this.count };
  }

  /** @returns {Promise<void>} */
  #drain() {
    return new Promise((resolve, reject) => {
      this.#drained = { resolve, reject };
      if (this.#failure !== undefined) reject(this.#failure);
    });
  }

  #finish() {
    this.#complete += 1;
    if (this.#complete < this.#streams.length) return;
    if (this.#isStopping) this.#drained?.resolve();
    else this.#say(this.#options.window);
  }

  /** @param {number} messages */
  #say(messages) {
    this.#said += messages;
    this.#complete = 0;
    const path = `/say/${messages}/${encodeURIComponent(TEXT)}`;
    this.#asker?.request(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, () => {});
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
