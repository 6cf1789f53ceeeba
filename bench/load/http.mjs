/**
 * One keep-alive HTTP connection of the loader. Requests are bytes, a response is its body, and there is one at a time.
 * A server may close the connection between requests, as Node does after 5 seconds. The next request then opens
 * another.
 */
import { connect } from 'node:net';

export class HttpConnection {
  #port;
  #socket;
  #isGone = false;
  #rest = Buffer.alloc(0);
  /** @type {((body: string) => void) | undefined} */
  #onBody;
  #isClosing = false;
  /** @type {(error: Error) => void} */
  onLost = () => {};

  /** @param {number} port */
  constructor(port) {
    this.#port = port;
    this.#socket = this.#connect();
  }

  /**
   * @param {string | Buffer} request
   * @param {(body: string) => void} onBody called once
   */
  request(request, onBody) {
    if (this.#onBody !== undefined) throw new Error('a request is already waiting here');
    this.#onBody = onBody;
    if (this.#isGone) this.#socket = this.#connect();
    this.#socket.write(request);
  }

  destroy() {
    this.#isClosing = true;
    this.#socket.resetAndDestroy();
  }

  #connect() {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#isGone = false;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#lost(socket, error));
    socket.on('close', () => this.#lost(socket, new Error('the server closed a connection')));
    return socket;
  }

  /** @param {import('node:net').Socket} socket @param {Error} error */
  #lost(socket, error) {
    if (this.#isClosing || socket !== this.#socket) return;
    if (this.#onBody === undefined) {
      this.#isGone = true;
      return;
    }
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
      this.#lost(this.#socket, new Error(`the loader cannot read this response: ${bytes.toString('latin1', 0, 300)}`));
      return;
    }
    const next = end + 4 + Number(length);
    if (bytes.length < next) {
      this.#rest = bytes;
      return;
    }
    if (bytes.length > next) {
      this.#lost(this.#socket, new Error('more bytes than in the response'));
      return;
    }
    this.#rest = Buffer.alloc(0);
    const onBody = this.#onBody;
    this.#onBody = undefined;
    onBody?.(bytes.latin1Slice(end + 4, next));
  }
}
