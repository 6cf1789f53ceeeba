/** One event stream: a GET with an endless answer, chunked or not. Counts the events. */
import { connect } from 'node:net';

const BROWSER =
  'Accept: text/event-stream\r\nCache-Control: no-cache\r\nAccept-Language: en-GB,en;q=0.9\r\nReferer: http://127.0.0.1/\r\n' +
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n' +
  'Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-origin\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n';
const LF = 10;

export class EventsStream {
  /** Events with data so far. */
  count = 0;
  /** @type {() => void} */
  onEvents = () => {};
  /** @type {(error: Error) => void} */
  onLost = () => {};
  /** The text since then, for streams that compare every byte. @type {string | undefined} */
  text = undefined;
  #socket;
  #endsWithFeed = false;
  #isClosing = false;

  /** @param {number} port @param {string} path */
  constructor(port, path) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${BROWSER}\r\n`);
    this.#socket.on('error', (error) => this.#lost(error));
    this.#socket.on('close', () => this.#lost(new Error('the server closed a stream')));
  }

  /** Resolves when the first blank line of the body has arrived. @returns {Promise<void>} */
  opened() {
    return new Promise((resolve, reject) => {
      let head = '';
      this.onLost = reject;
      const read = (/** @type {Buffer} */ chunk) => {
        head += chunk.latin1Slice();
        if (!/\r\n\r\n[\s\S]*\n\n/.test(head)) return;
        this.#socket.off('data', read);
        if (!head.startsWith('HTTP/1.1 200 ')) reject(new Error(`no stream: ${head.slice(0, 200)}`));
        this.#socket.on('data', (bytes) => this.#receive(bytes));
        resolve();
      };
      this.#socket.on('data', read);
    });
  }

  /** Closes the stream as a closed page does. @returns {Promise<void>} */
  close() {
    this.#isClosing = true;
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroy();
    });
  }

  destroy() {
    this.#isClosing = true;
    this.#socket.resetAndDestroy();
  }

  /** @param {Buffer} bytes */
  #receive(bytes) {
    if (this.text !== undefined) this.text += bytes.latin1Slice();
    const before = this.count;
    // An event ends with an empty line, and nothing else here does.
    if (this.#endsWithFeed && bytes[0] === LF) this.count += 1;
    for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 2)) this.count += 1;
    this.#endsWithFeed = bytes[bytes.length - 1] === LF && bytes[bytes.length - 2] !== LF;
    if (this.count > before) this.onEvents();
  }

  /** @param {Error} error */
  #lost(error) {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#socket.destroy();
    this.onLost(error);
  }
}

/** Opens many streams, 32 at a time. @param {number} count @param {number} port @param {string} path */
export async function openStreams(count, port, path) {
  /** @type {EventsStream[]} */
  const streams = [];
  let started = 0;
  const opener = async () => {
    while (started < count) {
      started += 1;
      const stream = new EventsStream(port, path);
      await stream.opened();
      streams.push(stream);
    }
  };
  await Promise.all(Array.from({ length: 32 }, opener));
  return streams;
}
