/** One keep-alive HTTP connection of the loader: requests are bytes, a response is its body. One at a time. */
import { connect } from 'node:net';

export class HttpConnection {
  #socket;
  #rest = Buffer.alloc(0);
  /** @type {((body: string) => void) | undefined} */
  #onBody;
  #isClosing = false;
  /** @type {(error: Error) => void} */
  onLost = () => {};

  /** @param {number} port */
  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#lost(error));
    this.#socket.on('close', () => this.#lost(new Error('the server closed a connection')));
  }

  /**
   * @param {string | Buffer} request
   * @param {(body: string) => void} onBody called once
   */
  request(request, onBody) {
    if (this.#onBody !== undefined) throw new Error('a request is already waiting here');
    this.#onBody = onBody;
    this.#socket.write(request);
  }

  destroy() {
    this.#isClosing = true;
    this.#socket.resetAndDestroy();
  }

  /** @param {Error} error */
  #lost(error) {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#socket.destroy();
    this.onLost(error);
  }

  /** @param {Buffer} chunk */
  #receive(chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) {
      this.#rest = bytes;
      return;
    }
    const head = bytes.latin1Slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200') || length === undefined) {
      this.#lost(new Error(`not a response this loader reads: ${bytes.toString('latin1', 0, 300)}`));
      return;
    }
    const next = end + 4 + Number(length);
    if (bytes.length < next) {
      this.#rest = bytes;
      return;
    }
    if (bytes.length > next) {
      this.#lost(new Error('more bytes than the response has'));
      return;
    }
    this.#rest = Buffer.alloc(0);
    const onBody = this.#onBody;
    this.#onBody = undefined;
    onBody?.(bytes.latin1Slice(end + 4, next));
  }
}
