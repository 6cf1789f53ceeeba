/**
 * Large messages that a server takes or echoes. Each client writes a batch, and the next one for the answer to it. With
 * `in`, the server answers the last message of a batch with the number of messages and the sum of their lengths, and
 * each client has two batches in flight. With `echo`, it sends each message back. Answers are counted by arithmetic on
 * bytes. Every 16th client compares every byte.
 */
import { openConnections } from './connection.mjs';
import { contentOf, receivedFrames, sentFrames } from './large-messages.mjs';
import { cyclicPattern, serverFrame } from './wire.mjs';

const ID = 7;

export class Load {
  /** Messages that were answered so far. */
  count = 0;
  #options;
  /** @type {import('./connection.mjs').Connection[]} */
  #clients = [];
  #batch;
  #pattern;
  #answerBytes;
  #inFlight = 0;
  #isStopping = false;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: () => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /**
   * @param {{ port: number, dialect: 'socket.io', app: 'in' | 'echo', form: string, bytes: number, batch: number,
   * clients: number }} options
   */
  constructor(options) {
    this.#options = options;
    const { app, form, bytes, batch } = options;
    const content = contentOf(form, bytes);
    const isEcho = app === 'echo';
    this.#batch = Buffer.concat(
      Array.from({ length: batch }, (_, index) =>
        sentFrames(app, content, !isEcho && index === batch - 1 ? ID : undefined),
      ),
    );
    const answer = isEcho
      ? receivedFrames('echoed', content)
      : serverFrame(`43${ID}[${batch},${batch * content.length}]`);
    this.#answerBytes = answer.length;
    this.#pattern = cyclicPattern([answer]).bytes;
  }

  async open() {
    const { port, dialect, clients } = this.#options;
    this.#clients = await openConnections(clients, { port, dialect });
    for (const [index, client] of this.#clients.entries()) {
      client.onLost = (error) => this.#fail(error);
      const isChecked = index % 16 === 0 || this.#options.app === 'in';
      client.startMeter((bytes, size) => this.#receive(client, bytes, size, isChecked));
    }
  }

  start() {
    for (const client of this.#clients) this.#send(client, this.#options.app === 'in' ? 2 : 1);
  }

  async stop() {
    this.#isStopping = true;
    await new Promise((resolve, reject) => {
      this.#drained = { resolve: () => resolve(undefined), reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#inFlight === 0) resolve(undefined);
    });
    for (const client of this.#clients) {
      if (client.partial !== 0) throw new Error('a client holds half an answer');
      client.destroy();
    }
    return { answered: this.count };
  }

  /**
   * @param {import('./connection.mjs').Connection} client
   * @param {Buffer} bytes
   * @param {number} size
   * @param {boolean} isChecked
   */
  #receive(client, bytes, size, isChecked) {
    if (isChecked && bytes.compare(this.#pattern, client.partial, client.partial + size, 0, size) !== 0) {
      this.#fail(new Error('a client got other bytes than expected'));
      return;
    }
    const total = client.partial + size;
    const answers = Math.trunc(total / this.#answerBytes);
    client.partial = total - answers * this.#answerBytes;
    if (answers === 0) return;
    this.count += answers * this.#options.batch;
    this.#inFlight -= answers;
    if (!this.#isStopping) this.#send(client, answers);
    else if (this.#inFlight === 0) this.#drained?.resolve();
  }

  /** @param {import('./connection.mjs').Connection} client @param {number} batches */
  #send(client, batches) {
    this.#inFlight += batches;
    for (let index = 0; index < batches; index++) client.socket.write(this.#batch);
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
