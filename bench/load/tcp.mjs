/**
 * Messages of 64 bytes of text over TCP. `echo`: each client keeps a window of messages in flight, and sends the next
 * for each answer. `fanout`: one client sends, all others receive, and the next message follows when all have it.
 * Messages are counted by arithmetic on bytes, because each has the same known size. Every 16th client compares every
 * byte.
 */
import { DIALECTS, openSessions } from './tcp-session.mjs';

/** @typedef {import('./tcp-session.mjs').TcpSession} TcpSession */

const LEVELS = 4096;
const REPEATED = 2048;

export class Load {
  /** Messages that arrived. */
  count = 0;
  #options;
  #says;
  #sayBytes;
  #pattern;
  #saidBytes;
  /** @type {TcpSession[]} */
  #clients = [];
  /** @type {TcpSession | undefined} */
  #sender;
  /** How many clients have received exactly n messages, at n modulo LEVELS. */
  #atLevel = new Int32Array(LEVELS);
  #lowest = 0;
  #sent = 0;
  #isStopping = false;
  /** @type {Error | undefined} */
  #failure;
  /** @type {{ resolve: (value: undefined) => void, reject: (error: Error) => void } | undefined} */
  #drained;

  /**
   * @param {{ port: number, dialect: 'records' | 'lines' | 'bare', mode: 'echo' | 'fanout', clients: number, window:
   * number }} options
   */
  constructor(options) {
    this.#options = options;
    const { say, said } = DIALECTS[options.dialect];
    this.#sayBytes = say.length;
    this.#saidBytes = said.length;
    this.#says = Buffer.concat(Array.from({ length: options.window }, () => say));
    this.#pattern = Buffer.concat(Array.from({ length: REPEATED }, () => said));
  }

  async open() {
    const { clients, mode, dialect } = this.#options;
    this.#clients = await openSessions(clients, this.#options);
    if (mode === 'fanout') {
      const { join, joined } = DIALECTS[dialect];
      await Promise.all(this.#clients.map((client) => client.exchange(join, (bytes) => bytes.equals(joined))));
      [this.#sender] = await openSessions(1, this.#options);
      this.#sender?.startMeter(() => this.#fail(new Error('the sender received data')));
    }
    this.#atLevel[0] = clients;
    for (const [index, client] of this.#clients.entries()) {
      client.onLost = (error) => this.#fail(error);
      client.startMeter((bytes, size) => this.#receive(client, bytes, size, index % 16 === 0));
    }
  }

  start() {
    const { mode, window } = this.#options;
    if (mode === 'echo') for (const client of this.#clients) this.#send(client, window);
    else this.#send(this.#sender, window);
  }

  /** Lets the window run empty. */
  async stop() {
    this.#isStopping = true;
    await new Promise((resolve, reject) => {
      this.#drained = { resolve, reject };
      if (this.#failure !== undefined) reject(this.#failure);
      else if (this.#isDrained) resolve(undefined);
    });
    for (const client of this.#clients) {
      if (client.partial !== 0) throw new Error('a client holds half a message');
      client.destroy();
    }
    this.#sender?.destroy();
    return { sent: this.#sent, delivered: this.count };
  }

  get #isDrained() {
    return this.#options.mode === 'echo' ? this.count === this.#sent : this.#lowest === this.#sent;
  }

  /** @param {TcpSession | undefined} client @param {number} messages */
  #send(client, messages) {
    this.#sent += messages;
    client?.socket.write(this.#says.subarray(0, messages * this.#sayBytes));
  }

  /** @param {TcpSession} client @param {Buffer} bytes @param {number} size @param {boolean} isChecked */
  #receive(client, bytes, size, isChecked) {
    if (isChecked && bytes.compare(this.#pattern, client.partial, client.partial + size, 0, size) !== 0) {
      this.#fail(new Error('a client got other bytes than expected'));
      return;
    }
    const total = client.partial + size;
    const messages = Math.trunc(total / this.#saidBytes);
    client.partial = total - messages * this.#saidBytes;
    if (messages === 0) return;
    const { level } = client;
    client.level += messages;
    this.count += messages;
    if (this.#options.mode === 'fanout') this.#advance(level, messages);
    else if (!this.#isStopping) this.#send(client, messages);
    if (this.#isStopping && this.#isDrained) this.#drained?.resolve(undefined);
  }

  /** The slowest client decides when the next message follows. @param {number} level @param {number} messages */
  #advance(level, messages) {
    const atLevel = this.#atLevel;
    atLevel[(level + messages) % LEVELS] = (atLevel[(level + messages) % LEVELS] ?? 0) + 1;
    const left = (atLevel[level % LEVELS] ?? 0) - 1;
    atLevel[level % LEVELS] = left;
    if (left !== 0 || level !== this.#lowest) return;
    const before = this.#lowest;
    while (this.#lowest < this.#sent && atLevel[this.#lowest % LEVELS] === 0) this.#lowest += 1;
    if (!this.#isStopping) this.#send(this.#sender, this.#lowest - before);
  }

  /** @param {Error} error */
  #fail(error) {
    this.#failure ??= error;
    this.#drained?.reject(this.#failure);
  }
}
